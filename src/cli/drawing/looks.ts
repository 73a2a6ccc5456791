import type {
  BoundingBox,
  CompareFacesResponse,
  DetectLabelsResponse,
  DetectModerationLabelsResponse,
  DetectProtectiveEquipmentResponse,
  FaceDetail,
  ProtectiveEquipmentPerson,
  RecognizeCelebritiesResponse,
  TextDetection,
} from '@aws-sdk/client-rekognition';
import type { Terminal } from '../output.ts';
import { drawFrames, type Frame, frameColours, type ListedCaption } from './draw.ts';

/** What is drawn of an answer: frames where it has places, a list where it has none. */
export interface Look {
  readonly frames: readonly Frame[];
  readonly list?: readonly ListedCaption[];
}

/** Writes a copy of an image with a look drawn on it, where one was asked for, and says so. @throws {UsageError} */
export async function drawLook(
  imagePath: string,
  { frames, list }: Look,
  outPath: string | undefined,
  terminal: Terminal,
): Promise<void> {
  if (outPath === undefined) return;
  await drawFrames(imagePath, frames, outPath, list);
  terminal.note(`drawn to ${outPath}`);
}

const sure = (confidence: number | undefined): string => (confidence === undefined ? '' : ` ${confidence.toFixed(0)}`);
const yellow = '#ffd400';
const blue = '#56b4e9';
const green = '#2ee66b';
const red = '#ff5a4d';

/** Faces, numbered as in the table beside the picture. */
export function lookOfFaces(faces: readonly FaceDetail[]): Look {
  return {
    frames: faces.map((face, index) => ({
      box: face.BoundingBox,
      caption: `${index + 1}`,
      colour: yellow,
      points: face.Landmarks,
    })),
  };
}

/** Matching faces with their similarity, and the others. */
export function lookOfComparison({ FaceMatches = [], UnmatchedFaces = [] }: CompareFacesResponse): Look {
  return {
    frames: [
      ...FaceMatches.map(({ Face, Similarity }) => ({
        box: Face?.BoundingBox,
        caption: Similarity?.toFixed(1) ?? '',
        colour: green,
      })),
      ...UnmatchedFaces.map((face) => ({ box: face.BoundingBox, caption: '', colour: red })),
    ],
  };
}

/** Objects where they are, in a colour for each label; labels without objects below. */
export function lookOfLabels({ Labels = [] }: DetectLabelsResponse): Look {
  const countable = Labels.filter(({ Instances = [] }) => Instances.length > 0);
  return {
    frames: countable.flatMap(({ Name, Instances = [] }, index) =>
      Instances.map(({ BoundingBox, Confidence }) => ({
        box: BoundingBox,
        caption: `${Name}${sure(Confidence)}`,
        colour: frameColours[index % frameColours.length] ?? yellow,
      })),
    ),
    list: Labels.filter((label) => !countable.includes(label)).map(({ Name, Confidence }) => ({
      caption: `${Name}${sure(Confidence)}`,
    })),
  };
}

/** Lines with what they say over the frames of their words. */
export function lookOfText(detections: readonly TextDetection[]): Look {
  const frames = detections.map(({ Type, Geometry, DetectedText = '' }) => ({
    box: Geometry?.BoundingBox,
    polygon: Geometry?.Polygon,
    caption: Type === 'LINE' ? DetectedText : '',
    colour: Type === 'LINE' ? yellow : blue,
  }));
  return { frames: frames.reverse() };
}

/** Labels of moderation below the picture, and that there are none where there are none. */
export function lookOfModeration({ ModerationLabels = [], ContentTypes = [] }: DetectModerationLabelsResponse): Look {
  const labels = ModerationLabels.map(({ Name, Confidence }) => ({
    caption: `${Name}${sure(Confidence)}`,
    colour: red,
  }));
  const types = ContentTypes.map(({ Name, Confidence }) => ({ caption: `${Name}${sure(Confidence)}`, colour: yellow }));
  return {
    frames: [],
    list: labels.length > 0 ? [...labels, ...types] : [{ caption: 'no label of moderation', colour: green }],
  };
}

/** Public figures by name, and the faces of others. */
export function lookOfCelebrities({ CelebrityFaces = [], UnrecognizedFaces = [] }: RecognizeCelebritiesResponse): Look {
  return {
    frames: [
      ...UnrecognizedFaces.map((face) => ({ box: face.BoundingBox, caption: '', colour: '#b8b8b8' })),
      ...CelebrityFaces.map(({ Face, Name, MatchConfidence }) => ({
        box: Face?.BoundingBox,
        caption: `${Name}${sure(MatchConfidence)}`,
        colour: green,
      })),
    ],
  };
}

/** Persons in the colour of what the summary says of them, and their equipment. */
export function lookOfEquipment({ Persons = [], Summary }: DetectProtectiveEquipmentResponse): Look {
  const colours = { with: green, without: red, indeterminate: yellow } as const;
  const frame = (box: BoundingBox | undefined, caption: string, colour: string): Frame => ({ box, caption, colour });
  const frames = Persons.flatMap((person) => {
    const verdict = verdictOf(person, Summary);
    return [
      frame(person.BoundingBox, `${person.Id} ${verdict ?? ''}`.trim(), verdict ? colours[verdict] : yellow),
      ...(person.BodyParts ?? []).flatMap((part) =>
        (part.EquipmentDetections ?? []).map((piece) =>
          frame(piece.BoundingBox, `${piece.Type}${piece.CoversBodyPart?.Value ? '' : ' not on'}`, blue),
        ),
      ),
    ];
  });
  return { frames };
}

/** What a summary says of a person; undefined without one. */
export function verdictOf(
  { Id = -1 }: ProtectiveEquipmentPerson,
  summary: DetectProtectiveEquipmentResponse['Summary'],
): 'with' | 'without' | 'indeterminate' | undefined {
  if (summary === undefined) return undefined;
  if (summary.PersonsWithRequiredEquipment?.includes(Id)) return 'with';
  return summary.PersonsWithoutRequiredEquipment?.includes(Id) ? 'without' : 'indeterminate';
}
