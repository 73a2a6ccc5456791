import { defineOperation } from '../../governance/index.ts';
import { boxAround } from '../../shared/polygons.ts';
import { regionPolygons } from './regions.ts';
import { fillsAnswer, keptLines, textDetections, textFilter } from './text-detections.ts';

/** Reads up to 100 words of an image, and the lines that they stand in. */
export const detectText = defineOperation(
  'DetectText',
  ['images', 'textReader'],
  async (request, { images, textReader }, { signal }) => {
    const regions = regionPolygons(request.Filters?.RegionsOfInterest ?? []);
    const filter = textFilter(request.Filters?.WordFilter, regions);
    const image = await images.read(request.Image, signal);
    const lines = await textReader.read(
      image,
      {
        enough: (read) => fillsAnswer(read, filter),
        ...(regions.length > 0 && { within: regions.map(boxAround) }),
      },
      signal,
    );
    return {
      TextDetections: textDetections(keptLines(lines, filter)),
      TextModelVersion: textReader.modelVersion,
    };
  },
);
