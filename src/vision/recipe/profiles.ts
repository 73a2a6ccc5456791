import { UnknownFaceModelError } from '../errors.ts';

/** The two ways of this release to embed faces: `accurate` fuses two nets, `fast` runs one. */
export type ProfileName = 'accurate' | 'fast';

/** The ways a server may embed faces: those of this release, and `sface`, whose net comes with the pack of its name. */
export type FaceProfileName = ProfileName | 'sface';

/** A net whose raw output a profile reads. */
export type RecipeNet = 'dlib' | 'faceres';

/** What a profile is, without its constants. */
export interface Profile {
  readonly name: ProfileName;
  /**
   * Kept in each collection: templates of different versions are never compared. Digits and dots, because AWS's model
   * demands it of IndexFacesModelVersion: the generation, then 0 for `accurate` or 1 for `fast`.
   */
  readonly modelVersion: string;
  /** Length of a template. */
  readonly dimensions: number;
  readonly nets: readonly RecipeNet[];
  /** How hard a server of this profile looks for faces, see detect/find-faces. */
  readonly effort: 'thorough' | 'brisk';
}

/** A profile whose net is an optional pack: the net's output, of unit length, is the template. */
export interface PackProfile extends Pick<Profile, 'modelVersion' | 'dimensions' | 'effort'> {
  readonly name: 'sface';
  /** The pack that it needs. */
  readonly pack: 'sface';
}

/** Length of each net's raw output. */
export const netDimensions: Readonly<Record<RecipeNet, number>> = { dlib: 128, faceres: 1024 };

/** Every profile whose constants come with this release; a change of constants that moves scores is a new model version. */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  accurate: { name: 'accurate', modelVersion: '1.0', dimensions: 128, nets: ['dlib', 'faceres'], effort: 'thorough' },
  fast: { name: 'fast', modelVersion: '1.1', dimensions: 128, nets: ['dlib'], effort: 'brisk' },
};

/** The profile of the pack `sface`. */
export const sfaceProfile: PackProfile = {
  name: 'sface',
  modelVersion: '2.0',
  dimensions: 128,
  pack: 'sface',
  effort: 'thorough',
};

/** A profile by its name. */
export function profileNamed(name: FaceProfileName): Profile | PackProfile {
  return name === 'sface' ? sfaceProfile : profiles[name];
}

/**
 * The profile of this release that makes templates of a model version.
 *
 * @throws {UnknownFaceModelError} when this release has no such version, or it is that of a pack
 */
export function profileOfModelVersion(modelVersion: string): Profile {
  const found = Object.values(profiles).find((profile) => profile.modelVersion === modelVersion);
  if (!found) throw new UnknownFaceModelError(modelVersion);
  return found;
}
