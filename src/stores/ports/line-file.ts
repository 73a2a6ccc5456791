/** A file of lines to which lines are only ever added. */
export interface LineFile {
  /** Its whole lines in order; what a crash cut off at the end is left out. Empty when there is no file. */
  read(): Promise<readonly string[]>;
  /** Adds lines; durable, with the file's name in its folder, when it has resolved. @param lines without line breaks */
  append(lines: readonly string[]): Promise<void>;
}
