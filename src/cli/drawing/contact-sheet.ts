import { extname } from 'node:path';
import sharp, { type OverlayOptions } from 'sharp';
import { UsageError } from '../exit-codes.ts';
import { captionMaker } from './caption.ts';
import { type DrawnPicture, requireWritable } from './draw.ts';

/** A picture on a contact sheet. */
export interface SheetCell {
  /** Below the picture, such as its file name; a line each, from the left. */
  readonly lines: readonly string[];
  /** Absent: the lines alone say what there is to say. */
  readonly picture?: DrawnPicture;
}

/** How contact sheets are laid out. */
export interface SheetLayout {
  /** Pictures on a sheet; default 12. */
  readonly perSheet?: number;
  /** Pictures side by side; default 4. */
  readonly columns?: number;
}

/** Widest and highest that a picture is on a sheet, pixels: what a cell is drawn for. */
export const sheetPictureSide = 440;

const gap = 16;
const fontPx = 15;
const paper = '#16181d';
const ink = '#d9dde3';
const defaultPerSheet = 12;
const defaultColumns = 4;

/**
 * Arranges pictures on sheets as they come and writes each sheet when it is full: however many pictures there are, one
 * sheet of them is in memory.
 *
 * @param outPath of the first sheet; further ones have their number before the extension: `contact-2.png`
 * @throws {UsageError} when pictures are not written under such a name
 */
export function openContactSheets(outPath: string, layout: SheetLayout = {}) {
  requireWritable(outPath);
  const { perSheet = defaultPerSheet, columns = defaultColumns } = layout;
  const written: string[] = [];
  let cells: SheetCell[] = [];
  const write = async (): Promise<void> => {
    if (cells.length === 0) return;
    const path = pathOfSheet(outPath, written.length + 1);
    const full = cells;
    cells = [];
    written.push(path);
    await writeSheet(full, Math.min(columns, perSheet), path);
  };
  return {
    async add(cell: SheetCell): Promise<void> {
      cells.push(cell);
      if (cells.length >= perSheet) await write();
    },
    /** Writes what is left. @returns the paths of all sheets */
    async finish(): Promise<readonly string[]> {
      await write();
      return written;
    },
  };
}

/** `contact.png`, `contact-2.png` ... */
export function pathOfSheet(outPath: string, number: number): string {
  const extension = extname(outPath);
  return number === 1 ? outPath : `${outPath.slice(0, -extension.length)}-${number}${extension}`;
}

async function writeSheet(cells: readonly SheetCell[], columns: number, path: string): Promise<void> {
  const caption = captionMaker(fontPx, sheetPictureSide);
  const layers: OverlayOptions[] = [];
  let top = gap;
  for (let start = 0; start < cells.length; start += columns) {
    const row = cells.slice(start, start + columns);
    let bottom = top;
    for (const [column, { picture, lines }] of row.entries()) {
      const left = gap + column * (sheetPictureSide + gap);
      let at = top;
      if (picture !== undefined) {
        layers.push({ input: await picture.image.clone().png().toBuffer(), left, top });
        at += picture.height + 4;
      }
      for (const line of lines) {
        const plate = await caption(line, ink);
        if (plate === undefined) continue;
        layers.push({ input: plate.png, left, top: at });
        at += plate.height + 2;
      }
      bottom = Math.max(bottom, at);
    }
    top = bottom + gap;
  }
  const width = gap + Math.min(columns, cells.length) * (sheetPictureSide + gap);
  try {
    await sharp({ create: { width, height: top, channels: 3, background: paper } })
      .composite(layers)
      .toFile(path);
  } catch (cause) {
    throw new UsageError(`cannot draw to ${path}: ${(cause as Error).message}`);
  }
}
