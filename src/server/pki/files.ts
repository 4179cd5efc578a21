import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';

/** The file's text, or undefined when there is none. Throws on every other failure. */
export async function readOptional(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/**
 * The file's text; when there is none, makes one with `create` first. Of several processes that find none at the same time one wins and all give
 * the winner's text: a hard link to a complete file either appears whole or fails because another was faster.
 */
export async function readOrCreate(
  file: string,
  mode: number,
  create: () => string | Promise<string>,
): Promise<string> {
  const existing = await readOptional(file);
  if (existing !== undefined) return existing;
  const temporary = await writeTemporary(file, await create(), mode);
  try {
    await link(temporary, file);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  return readFile(file, 'utf8');
}

/** Puts `text` in place of whatever the file held; readers see the old text or the new, never a part. */
export async function replaceFile(file: string, text: string, mode: number): Promise<void> {
  const temporary = await writeTemporary(file, text, mode);
  await rename(temporary, file);
}

async function writeTemporary(file: string, text: string, mode: number): Promise<string> {
  const temporary = `${file}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
  const handle = await open(temporary, 'wx', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return temporary;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
