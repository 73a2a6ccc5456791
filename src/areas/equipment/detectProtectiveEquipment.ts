import { limits } from '../../contract/index.ts';
import { defineOperation } from '../../governance/index.ts';
import type { Box } from '../../shared/geometry.ts';
import { summaryOf } from './summary.ts';

/** Finds up to 15 persons, largest first, and which of them wear what protects face, hands and head. */
export const detectProtectiveEquipment = defineOperation(
  'DetectProtectiveEquipment',
  ['images', 'equipmentDetector'],
  async (request, { images, equipmentDetector }, { signal }) => {
    const asked = request.SummarizationAttributes;
    const image = await images.read(request.Image, signal, limits.images.equipment);
    const found = await equipmentDetector.findEquipment(image, signal);
    return {
      ProtectiveEquipmentModelVersion: found.modelVersion,
      Persons: found.persons.map(({ box, confidence, parts }, id) => ({
        Id: id,
        BoundingBox: wireBox(box),
        Confidence: confidence,
        BodyParts: parts.map(({ part, confidence: sure, equipment }) => ({
          Name: part,
          Confidence: sure,
          ...(equipment && {
            EquipmentDetections: equipment.map((piece) => ({
              Type: piece.type,
              BoundingBox: wireBox(piece.box),
              Confidence: piece.confidence,
              CoversBodyPart: { Value: piece.covers.value, Confidence: piece.covers.confidence },
            })),
          }),
        })),
      })),
      ...(asked && { Summary: summaryOf(found, asked.RequiredEquipmentTypes ?? [], asked.MinConfidence ?? 0) }),
    };
  },
);

const wireBox = ({ left, top, width, height }: Box) => ({ Left: left, Top: top, Width: width, Height: height });
