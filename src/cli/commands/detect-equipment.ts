import type {
  DetectProtectiveEquipmentResponse,
  ProtectiveEquipmentPerson,
  ProtectiveEquipmentType,
} from '@aws-sdk/client-rekognition';
import { connect, type GlobalOptions } from '../connect.ts';
import { drawLook, lookOfEquipment, verdictOf } from '../drawing/index.ts';
import { readImage } from '../images.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';

/** Options of `likeness detect-equipment`. */
export interface DetectEquipmentFlags extends GlobalOptions {
  readonly required?: readonly ProtectiveEquipmentType[];
  readonly minConfidence?: number;
  readonly draw?: string;
}

/** What is needed to be sure of in a summary, 50..100, where nothing else is said. */
const usualConfidence = 80;

/** Prints persons with their protective equipment, and draws them where asked. */
export async function runDetectEquipment(
  image: string,
  { required, minConfidence = usualConfidence, ...flags }: DetectEquipmentFlags,
  terminal: Terminal,
): Promise<void> {
  const bytes = await readImage(image);
  const { api, close } = await connect(flags, terminal);
  try {
    const found = await api.detectProtectiveEquipment({
      Image: bytes,
      ...(required && {
        SummarizationAttributes: { MinConfidence: minConfidence, RequiredEquipmentTypes: [...required] },
      }),
    });
    await drawLook(image, lookOfEquipment(found), flags.draw, terminal);
    const { Persons = [], Summary, ProtectiveEquipmentModelVersion } = found;
    printResult(
      terminal,
      flags.json === true,
      { Persons, ...(Summary && { Summary }), ProtectiveEquipmentModelVersion },
      () => renderEquipment(found),
    );
  } finally {
    await close();
  }
}

function renderEquipment(found: DetectProtectiveEquipmentResponse): string {
  const { Persons = [], Summary, ProtectiveEquipmentModelVersion } = found;
  const partOf = (person: ProtectiveEquipmentPerson, name: string): string => {
    const part = person.BodyParts?.find(({ Name }) => Name === name);
    if (part === undefined) return 'not seen';
    if (part.EquipmentDetections === undefined) return 'cannot tell';
    const pieces = part.EquipmentDetections.map(({ Type, Confidence, CoversBodyPart }) => {
      const worn = CoversBodyPart?.Value ? 'covered' : 'not on';
      return `${Type} ${Confidence?.toFixed(0)} (${worn} ${CoversBodyPart?.Confidence?.toFixed(0)})`;
    });
    return pieces.length > 0 ? pieces.join(', ') : 'none seen';
  };
  const table = renderTable(
    Persons,
    [
      { title: 'person', value: ({ Id }) => Id, align: 'right' },
      { title: 'sure', value: ({ Confidence }) => Confidence?.toFixed(1), align: 'right' },
      { title: 'face', value: (person) => partOf(person, 'FACE') },
      { title: 'left hand', value: (person) => partOf(person, 'LEFT_HAND') },
      { title: 'right hand', value: (person) => partOf(person, 'RIGHT_HAND') },
      { title: 'head', value: (person) => partOf(person, 'HEAD') },
      ...(Summary
        ? [{ title: 'required', value: (person: ProtectiveEquipmentPerson) => verdictOf(person, Summary) }]
        : []),
    ],
    'no person',
  );
  return `${table}\nmodel ${ProtectiveEquipmentModelVersion}, which you brought: how often it is right was not measured here`;
}
