import { type FieldError, fieldError } from '../../../apimachinery/errors.ts';
import { ipFamily } from '../../../apimachinery/validation/ip.ts';

/** Errors of an address that traffic is sent to: nobody may name the machine itself or its link. The text must be an IP address. */
export function validateEndpointAddress(ip: string, path: string, errors: FieldError[]): void {
  const refuse = (message: string): void => {
    errors.push(fieldError.invalid(path, ip, message));
  };
  const bytes = addressBytes(ip);
  if (bytes.every((byte) => byte === 0)) refuse(`may not be unspecified (${ip})`);
  if (isLoopback(bytes)) refuse('may not be in the loopback range (127.0.0.0/8, ::1/128)');
  if (isLinkLocal(bytes)) refuse('may not be in the link-local range (169.254.0.0/16, fe80::/10)');
  if (isLinkLocalMulticast(bytes)) refuse('may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)');
}

/** The 4 or 16 bytes of an address. */
function addressBytes(ip: string): number[] {
  if (ipFamily(ip) === 'IPv4') return ip.split('.').map(Number);
  const v4 = /(\d+\.\d+\.\d+\.\d+)$/.exec(ip)?.[1];
  const text =
    v4 === undefined
      ? ip
      : ip.slice(0, -v4.length) +
        v4
          .split('.')
          .map((part) => Number(part).toString(16).padStart(2, '0'))
          .join('')
          .replace(/^(.{4})/, '$1:');
  const [head = '', tail] = text.split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((g) => Number.parseInt(g, 16)));
  const start = groups(head);
  const end = tail === undefined ? [] : groups(tail);
  const all = [...start, ...Array.from({ length: 8 - start.length - end.length }, () => 0), ...end];
  const bytes = all.flatMap((group) => [group >> 8, group & 255]);
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  return mapped ? bytes.slice(12) : bytes;
}

function isLoopback(bytes: readonly number[]): boolean {
  if (bytes.length === 4) return bytes[0] === 127;
  return bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1;
}

function isLinkLocal(bytes: readonly number[]): boolean {
  if (bytes.length === 4) return bytes[0] === 169 && bytes[1] === 254;
  return bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80;
}

function isLinkLocalMulticast(bytes: readonly number[]): boolean {
  if (bytes.length === 4) return bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0;
  return bytes[0] === 0xff && ((bytes[1] ?? 0) & 0x0f) === 0x02;
}
