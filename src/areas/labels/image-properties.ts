import type { ResponseOf } from '../../contract/index.ts';
import type { ColourName } from '../../shared/colour-names.ts';
import type { DominantColour, ImageLook, LookOfArea } from '../../vision/index.ts';

type WireProperties = NonNullable<ResponseOf<'DetectLabels'>['ImageProperties']>;
type WireColours = NonNullable<WireProperties['DominantColors']>;
type NameOf = (red: number, green: number, blue: number) => ColourName;

/** Colours and quality as Rekognition says them. */
export function imageProperties({ image, foreground, background }: ImageLook, nameOf: NameOf): WireProperties {
  return {
    ...wireArea(image, nameOf),
    ...(foreground && { Foreground: wireArea(foreground, nameOf) }),
    ...(background && { Background: wireArea(background, nameOf) }),
  };
}

function wireArea({ colours, quality }: LookOfArea, nameOf: NameOf) {
  return {
    Quality: { Brightness: quality.brightness, Sharpness: quality.sharpness, Contrast: quality.contrast },
    DominantColors: wireColours(colours, nameOf),
  };
}

/** Colours with their names. */
export function wireColours(colours: readonly DominantColour[], nameOf: NameOf): WireColours {
  return colours.map(({ red, green, blue, pixelPercent }) => {
    const { hex, css, simple } = nameOf(red, green, blue);
    return {
      Red: red,
      Green: green,
      Blue: blue,
      HexCode: hex,
      CSSColor: css,
      SimplifiedColor: simple,
      PixelPercent: pixelPercent,
    };
  });
}
