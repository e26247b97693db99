// The README's picture: the first screen of the dashboard. The words that it shows are written into the file, so that a test can tell
// whether the dashboard still says the same, on whatever machine and with whatever fonts.

import type { Page } from "@playwright/test";
import { repository } from "./paths.ts";

export const picture = `${repository}docs/images/dashboard.png`;

export const look = { colorScheme: "light", viewport: { width: 1280, height: 720 }, contextOptions: { reducedMotion: "reduce" } } as const;

/** What the page says, without its numbers, which are times, and in the characters that a picture can hold. */
export async function words(page: Page): Promise<string> {
  const text = await page.locator("body").innerText();
  return text.replace(/\d+/g, "0").replace(/\s+/g, " ").replace(/[^\x20-\x7e]/g, "?").trim();
}

/** PNG files are a signature of 8 bytes and chunks: length, kind, content, checksum. */
const SIGNATURE = 8;
const KIND = "tEXt";
const KEYWORD = "Description\0";

/** The picture with the words inside, in front of its last chunk, which has 12 bytes. */
export function describe(png: Buffer, description: string): Buffer {
  const content = Buffer.from(KIND + KEYWORD + description, "latin1");
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length - KIND.length);
  checksum.writeUInt32BE(crc32(content));
  return Buffer.concat([png.subarray(0, -12), length, content, checksum, png.subarray(-12)]);
}

/** The checksum of PNG. Node has one only from 20.15 on. */
function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** The words inside a picture. */
export function description(png: Buffer): string | undefined {
  for (let at = SIGNATURE; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const content = png.subarray(at + 4, at + 8 + png.readUInt32BE(at)).toString("latin1");
    if (content.startsWith(KIND + KEYWORD)) return content.slice(KIND.length + KEYWORD.length);
  }
  return undefined;
}
