export type { Quad, ReadLine, ReadTextOptions, ReadWord, TextReader, TextTasks } from './port.ts';
export { createTextReader } from './text-reader.ts';
