/** The most bytes that a ConfigMap or Secret may hold: 1 MiB. */
export const maxDataBytes = 1024 * 1024;

export const frozenMessage = 'field is immutable when `immutable` is set';

/** How many bytes a well-formed base64 text stands for. */
export function base64Size(text: string): number {
  if (text.length === 0) return 0;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return Math.floor((text.length * 3) / 4) - padding;
}
