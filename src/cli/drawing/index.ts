export { type CaptionImage, captionMaker, displayText } from './caption.ts';
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
