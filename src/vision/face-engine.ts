import {
  cutOut,
  decodeImage,
  decodeRegion,
  defaultImageLimits,
  type ImageLimits,
  limitsWith,
  type PixelImage,
} from '../media/index.ts';
import { readData } from '../shared/package-root.ts';
import { type Pyramid, pyramidOf } from './align/raster.ts';
import { createFaceDescriber } from './attributes/index.ts';
import { type DetectionEffort, faceBoxesFinder } from './detect/find-faces.ts';
import { yunetFinder } from './detect/find-faces-with-yunet.ts';
import type { DetectorName, FaceFinder } from './detect/finder.ts';
import { type FoundFace, followFace } from './detect/mesh-faces.ts';
import { openYunet, YUNET_FILE } from './detect/yunet.ts';
import { dlibFeatures } from './embed/features.ts';
import { SFACE_FILE, sfaceTemplates } from './embed/sface.ts';
import { PackMissingError } from './errors.ts';
import type {
  DetectedFaces,
  DetectFacesOptions,
  EmbeddedFace,
  EmbeddedFaces,
  EmbedFacesOptions,
  EncodedImage,
  FaceAttribute,
  FaceAttributes,
  FaceCropper,
  FaceDetector,
  FaceEmbedder,
  FaceTemplate,
  RejectedFace,
} from './faces.ts';
import type { FaceDescriber } from './measured-face.ts';
import type { ModelStore } from './models/index.ts';
import { type Deployment, openModelStore } from './models/index.ts';
import { onDemand } from './on-demand.ts';
import type { PackVersions } from './packs/index.ts';
import { openPackStore } from './packs/index.ts';
import { type Frame, measurePhoto, type Photo } from './photo.ts';
import type { QualityTable } from './quality/filter.ts';
import { sortOut } from './quality/sort-out.ts';
import { openRecipe, type Recipe } from './recipe/constants.ts';
import {
  type FaceProfileName,
  type Profile,
  type ProfileName,
  profileNamed,
  profileOfModelVersion,
  sfaceProfile,
} from './recipe/profiles.ts';
import { type RawFeatures, templateOf } from './recipe/template.ts';
import { type Net, openNet } from './sessions/net.ts';

/** What a worker process needs to open its engine: plain data. */
export interface EngineSettings {
  readonly modelsDir: string;
  /** What the server is run for; commercial when left out. */
  readonly deployment?: Deployment;
  /** {@link defaultImageLimits} when left out. */
  readonly limits?: ImageLimits;
  /** The server's profile: says how hard to look for faces; `accurate` when left out. */
  readonly profile?: FaceProfileName;
  /** The optional packs that the server started with; `openPackStore` takes them as `startedWith`. */
  readonly packs?: PackVersions;
  /** What finds the faces; `faceboxes` when left out. `yunet` needs the pack of its name. */
  readonly detector?: DetectorName;
}

/** What an engine is made of. */
export interface EngineParts {
  readonly models: ModelStore;
  readonly limits?: ImageLimits;
  /** `thorough` when left out. */
  readonly effort?: DetectionEffort;
  /** YuNet's published file, already held to its digest: YuNet finds the faces then, and FaceBoxes is not loaded. */
  readonly yunet?: Uint8Array;
  /** Reads SFace's published file, held to its digest; the net is loaded by the first face that is embedded with it. */
  readonly readSface?: () => Promise<Uint8Array>;
  /** Tells attributes; without it every face's attributes are empty. */
  readonly describer?: FaceDescriber;
}

/** The face pipeline in one process: one image at a time per call. */
export interface FaceEngine extends FaceDetector, FaceEmbedder, FaceCropper {
  /**
   * As `detect`, on a picture that another engine has decoded: `width` and `height` are the pyramid's.
   *
   * @param options.describedFaces the largest faces whose attributes are told; the others have none
   */
  detectIn(
    image: Pyramid,
    options: DetectFacesOptions & { readonly describedFaces: number },
    signal: AbortSignal,
  ): Promise<DetectedFaces>;
  /**
   * The raw features of the largest face, before any recipe: for training and evaluation only.
   *
   * @param find `all` looks thoroughly, `largest` the quick way
   * @returns undefined when there is no face
   */
  rawFeatures(
    image: EncodedImage,
    find: EmbedFacesOptions['find'],
    signal: AbortSignal,
  ): Promise<RawFeatures | undefined>;
  /** Frees the nets. */
  close(): Promise<void>;
}

/** Longest side of a decoded photo, pixels: twice the detector's longest input, and at most 100 MB of pixels. */
const MAX_DECODED_SIDE = 5760;
/** A face of fewer pixels is cut again from a larger decoding: dlib's and faceres' chips show it at about this height. */
const FULL_DETAIL_HEIGHT = 140;
/** The square that is decoded around it, in sides of its box: of 89 faces no chip reached beyond 2.3 of them, however turned. */
const DETAIL_SIDE = 2.75;
/** What a reviewer sees of a face: hair and chin with it, for which half a face on each side is enough. */
const CROP_MARGIN = 0.5;
/** Side of a crop, pixels: about what a face in a photo of a group has, so that few are enlarged. */
const CROP_SIDE = 192;

interface Nets {
  readonly facemesh: Net;
  readonly iris: Net;
  readonly dlib: Net;
  readonly faceres: Net;
}

/** Faces found in a decoding of the photo. */
interface Found {
  readonly image: Pick<PixelImage, 'uprightWidth' | 'uprightHeight'>;
  readonly pyramid: Pyramid;
  /** Where only a part was decoded. */
  readonly frame?: Frame;
  readonly faces: readonly FoundFace[];
}

/**
 * Opens the engine that a worker process runs, attributes included.
 *
 * @throws {UnknownModelError | ModelLicenceError | ModelMissingError | ModelCorruptError | ProbesCorruptError}
 * @throws {PackMissingError | PackCorruptError} when the detector's pack is not there whole
 */
export async function openFaceEngine(settings: EngineSettings): Promise<FaceEngine> {
  const { modelsDir, deployment, limits, profile = 'accurate', detector } = settings;
  const models = openModelStore({ modelsDir, ...(deployment && { deployment }) });
  const describer = await createFaceDescriber({ models });
  const packs = openPackStore({
    modelsDir,
    ...(deployment && { deployment }),
    ...(settings.packs && { startedWith: settings.packs }),
  });
  const engine = await createFaceEngine({
    models,
    describer,
    effort: profileNamed(profile).effort,
    readSface: () => packs.load('sface', SFACE_FILE),
    ...(detector === 'yunet' && { yunet: await packs.load('yunet', YUNET_FILE) }),
    ...(limits && { limits }),
  });
  return {
    ...engine,
    async close() {
      await Promise.all([engine.close(), describer.close()]);
    },
  };
}

/**
 * Loads and verifies the nets and makes the engine of them.
 *
 * @throws {UnknownModelError | ModelMissingError | ModelCorruptError}
 */
export async function createFaceEngine({
  models,
  limits = defaultImageLimits,
  effort = 'thorough',
  yunet,
  readSface,
  describer,
}: EngineParts): Promise<FaceEngine> {
  const nets = await openNets(models);
  const { finder, close: closeFinder } = await openFinder(models, nets.facemesh, effort, yunet);
  const table = readData<{ readonly filters: QualityTable }>('quality.json').filters;
  const sface = onDemand(async () => {
    if (readSface === undefined) throw new PackMissingError(sfaceProfile.pack);
    return openNet(await readSface());
  });
  const recipes = new Map<ProfileName, Recipe>();

  const recipeOf = (profile: Profile): Recipe => {
    const known = recipes.get(profile.name) ?? openRecipe(profile.name);
    recipes.set(profile.name, known);
    return known;
  };

  async function decode(image: EncodedImage, maxSide: number): Promise<{ image: PixelImage; pyramid: Pyramid }> {
    const decoded = await decodeImage(image.bytes, { limits: limitsWith(limits, image.sides), maxSide });
    return { image: decoded, pyramid: pyramidOf(decoded) };
  }

  async function findAll(image: EncodedImage, signal: AbortSignal): Promise<Found> {
    const decoded = await decode(image, MAX_DECODED_SIDE);
    signal.throwIfAborted();
    return { ...decoded, faces: await finder.findAll(decoded.pyramid, signal) };
  }

  /** The largest face only: quick looks at small decodings, then the face again in more detail where it has any. */
  async function findLargest(image: EncodedImage, signal: AbortSignal): Promise<Found> {
    for (const maxSide of finder.quickSides) {
      const quick = await decode(image, maxSide);
      signal.throwIfAborted();
      const face = await finder.findLargest(quick.pyramid, signal);
      if (face !== undefined) return inDetail(image, quick, face, signal);
      if (Math.max(quick.image.uprightWidth, quick.image.uprightHeight) <= maxSide) break;
    }
    const all = await findAll(image, signal);
    return { ...all, faces: all.faces.slice(0, 1) };
  }

  /** The face with as many pixels as there are, of which only those around it are decoded. */
  async function inDetail(
    image: EncodedImage,
    quick: Omit<Found, 'faces'>,
    face: FoundFace,
    signal: AbortSignal,
  ): Promise<Found> {
    const { pyramid } = quick;
    const { x0, y0, x1, y1 } = face.box;
    const wholeSide = Math.max(quick.image.uprightWidth, quick.image.uprightHeight);
    if (y1 - y0 >= FULL_DETAIL_HEIGHT || wholeSide <= Math.max(pyramid.width, pyramid.height)) {
      return { ...quick, faces: [face] };
    }
    const side = DETAIL_SIDE * Math.max(x1 - x0, y1 - y0);
    const around = {
      left: (x0 + x1 + 1 - side) / 2 / pyramid.width,
      top: (y0 + y1 + 1 - side) / 2 / pyramid.height,
      width: side / pyramid.width,
      height: side / pyramid.height,
    };
    const part = await decodeRegion(image.bytes, around, {
      limits: limitsWith(limits, image.sides),
      maxSide: MAX_DECODED_SIDE,
    });
    signal.throwIfAborted();
    const detailed = pyramidOf(part);
    const scale = part.frame.width / pyramid.width;
    const followed = await followFace(nets.facemesh, detailed, face, { scale, ...part.frame }, signal);
    return { image: part, pyramid: detailed, frame: part.frame, faces: [followed] };
  }

  async function describe(
    photo: Photo,
    wanted: ReadonlySet<FaceAttribute>,
    signal: AbortSignal,
  ): Promise<readonly FaceAttributes[]> {
    if (describer === undefined || wanted.size === 0 || photo.faces.length === 0) return photo.faces.map(() => ({}));
    return describer.describe(photo, wanted, signal);
  }

  /** Features of some of a photo's faces, in the order of `which`. */
  async function featuresOf(
    photo: Photo,
    which: readonly number[],
    withFaceres: boolean,
    signal: AbortSignal,
  ): Promise<RawFeatures[]> {
    const meshes = which.flatMap((i) => photo.faces[i]?.anatomy.mesh ?? []);
    // Side by side: one net runs while the other's chips are cut.
    const [dlib, faceres] = await Promise.all([
      dlibFeatures(nets.dlib, photo.pyramid, meshes, signal),
      withFaceres ? photo.faceresOf(which, signal) : undefined,
    ]);
    if (faceres === undefined) return dlib.map((feature) => ({ dlib: feature }));
    return dlib.flatMap((feature, i) => {
      const other = faceres[i];
      return other === undefined ? [] : [{ dlib: feature, faceres: other.feature }];
    });
  }

  /** Templates of some of a photo's faces, in the order of `which`. */
  async function templatesOf(
    photo: Photo,
    which: readonly number[],
    modelVersion: string,
    signal: AbortSignal,
  ): Promise<FaceTemplate[]> {
    if (modelVersion === sfaceProfile.modelVersion) {
      const meshes = which.flatMap((i) => photo.faces[i]?.anatomy.mesh ?? []);
      return sfaceTemplates(await sface.get(), photo.pyramid, meshes, signal);
    }
    const profile = profileOfModelVersion(modelVersion);
    const recipe = recipeOf(profile);
    const features = await featuresOf(photo, which, profile.nets.includes('faceres'), signal);
    return features.map((raw) => templateOf(recipe, raw));
  }

  /** Observes found faces with the attributes that are asked for. */
  async function observe(
    pyramid: Pyramid,
    faces: readonly FoundFace[],
    { maxFaces, attributes }: DetectFacesOptions,
    signal: AbortSignal,
  ): Promise<DetectedFaces['faces']> {
    const photo = await measurePhoto(nets, pyramid, faces.slice(0, maxFaces), attributes.size > 0, signal);
    const described = await describe(photo, attributes, signal);
    return photo.faces.map(({ observation }, i) => ({ ...observation, attributes: described[i] ?? {} }));
  }

  return {
    async detect(image, options, signal): Promise<DetectedFaces> {
      signal.throwIfAborted();
      const found = await findAll(image, signal);
      return {
        width: found.image.uprightWidth,
        height: found.image.uprightHeight,
        faces: await observe(found.pyramid, found.faces, options, signal),
      };
    },

    async detectIn(pyramid, { maxFaces, attributes, describedFaces }, signal): Promise<DetectedFaces> {
      signal.throwIfAborted();
      const faces = await finder.findAll(pyramid, signal);
      const described = attributes.size === 0 ? 0 : Math.min(describedFaces, maxFaces);
      const [large, others] = [faces.slice(0, described), faces.slice(described, maxFaces)];
      return {
        width: pyramid.width,
        height: pyramid.height,
        faces: [
          ...(await observe(pyramid, large, { maxFaces, attributes }, signal)),
          ...(await observe(pyramid, others, { maxFaces, attributes: new Set() }, signal)),
        ],
      };
    },

    async embed(image, options, signal): Promise<EmbeddedFaces> {
      signal.throwIfAborted();
      if (options.modelVersion === sfaceProfile.modelVersion) await sface.get();
      else recipeOf(profileOfModelVersion(options.modelVersion));
      const found = await (options.find === 'all' ? findAll : findLargest)(image, signal);
      const { uprightWidth: width, uprightHeight: height } = found.image;
      const photo = await measurePhoto(
        nets,
        found.pyramid,
        found.faces,
        options.attributes.size > 0,
        signal,
        found.frame,
      );
      const reasons = sortOut(table, photo, options, width, height);
      const accepted = [...photo.faces.keys()].filter((i) => reasons[i]?.length === 0);
      const templates = await templatesOf(photo, accepted, options.modelVersion, signal);
      const described = await describe(photo, options.attributes, signal);
      const embedded: EmbeddedFace[] = [];
      const rejected: RejectedFace[] = [];
      photo.faces.forEach(({ observation }, i) => {
        const face = { ...observation, attributes: described[i] ?? {} };
        const template = templates[accepted.indexOf(i)];
        if (template === undefined) rejected.push({ ...face, reasons: reasons[i] ?? [] });
        else embedded.push({ ...face, template });
      });
      return { width, height, accepted: embedded, rejected };
    },

    async crop(image, { boxes }, signal) {
      signal.throwIfAborted();
      return cutOut(image.bytes, { limits, boxes, margin: CROP_MARGIN, side: CROP_SIDE });
    },

    async rawFeatures(image, find, signal) {
      const found = await (find === 'all' ? findAll : findLargest)(image, signal);
      const photo = await measurePhoto(nets, found.pyramid, found.faces.slice(0, 1), false, signal);
      return (await featuresOf(photo, [...photo.faces.keys()], true, signal))[0];
    },

    async close() {
      await Promise.all([...Object.values(nets).map((net: Net) => net.close()), closeFinder(), sface.close()]);
    },
  };
}

async function openModel(models: ModelStore, id: string): Promise<Net> {
  return openNet((await models.load(id)).bytes);
}

async function openNets(models: ModelStore): Promise<Nets> {
  const [facemesh, iris, dlib, faceres] = await Promise.all([
    openModel(models, 'facemesh'),
    openModel(models, 'iris'),
    openModel(models, 'dlib-recognition'),
    openModel(models, 'faceres'),
  ]);
  return { facemesh, iris, dlib, faceres };
}

async function openFinder(
  models: ModelStore,
  facemesh: Net,
  effort: DetectionEffort,
  yunetFile: Uint8Array | undefined,
): Promise<{ readonly finder: FaceFinder; close(): Promise<void> }> {
  const [detector, blazeface] = await Promise.all([
    yunetFile === undefined ? openModel(models, 'faceboxes') : openYunet(yunetFile),
    openModel(models, 'blazeface-back'),
  ]);
  return {
    finder:
      yunetFile === undefined
        ? faceBoxesFinder({ faceboxes: detector, blazeface, facemesh }, effort)
        : yunetFinder({ yunet: detector, blazeface, facemesh }),
    async close() {
      await Promise.all([detector.close(), blazeface.close()]);
    },
  };
}
