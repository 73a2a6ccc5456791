/** One image of a pair, as labelled by the operator. */
export interface Sample {
  /** The same for images of one person; never printed. */
  readonly person: string;
  /** Self-reported or curated; absent where the person did not say. */
  readonly group?: string | undefined;
  /** Names the image, so that failures are counted per image; absent where only scores are known. */
  readonly image?: string | undefined;
  /** Whether no face was found in it; absent where only the pair is known to have failed. */
  readonly failed?: boolean | undefined;
}

/** A labelled pair with its score. */
export interface ScoredPair {
  readonly a: Sample;
  readonly b: Sample;
  /** Whether both images show one person, by the operator's label. */
  readonly same: boolean;
  /** Higher is more alike; absent where no score could be made (failure to enrol). */
  readonly score?: number | undefined;
}
