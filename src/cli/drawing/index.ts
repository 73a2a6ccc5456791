export { type CaptionImage, captionMaker, displayText } from './caption.ts';
export { openContactSheets, pathOfSheet, type SheetCell, type SheetLayout, sheetPictureSide } from './contact-sheet.ts';
export {
  type DrawnBox,
  type DrawnPicture,
  type DrawnPoint,
  drawFrames,
  type Frame,
  frameColours,
  type ListedCaption,
  renderFrames,
  requireWritable,
  writePicture,
} from './draw.ts';
export {
  drawLook,
  type Look,
  lookOfCelebrities,
  lookOfComparison,
  lookOfEquipment,
  lookOfFaces,
  lookOfLabels,
  lookOfModeration,
  lookOfText,
  verdictOf,
} from './looks.ts';
