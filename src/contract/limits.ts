/**
 * Bounds and defaults that operations apply beside the table of constraints.
 *
 * @source Amazon Rekognition API 2016-06-27 and its guidelines and quotas
 */
export const limits = {
  /** Faces told, compared or indexed per image. */
  facesPerImage: 100,
  /** Faces that RecognizeCelebrities looks at, the largest. */
  celebrityFacesPerImage: 64,
  /** SimilarityThreshold, FaceMatchThreshold and UserMatchThreshold of searches, 0..100. */
  defaultMatchThreshold: 80,
  /** UserMatchThreshold of AssociateFaces, 0..100. */
  defaultAssociationThreshold: 75,
  /** MaxFaces of searches; the bound is 4096. */
  defaultMaxFaces: 80,
  /** MaxUsers of searches; it is the bound as well. */
  defaultMaxUsers: 500,
  /** MaxResults of ListFaces and ListCollections. */
  pageOfFaces: 4096,
  pageOfCollections: 4096,
  /** MaxResults of ListUsers. */
  pageOfUsers: 500,
  /** MinConfidence of DetectLabels, 0..100. */
  defaultLabelConfidence: 55,
  /** MaxLabels; it is the bound as well. */
  labelsPerImage: 1000,
  /** MaxDominantColors; the bound is 20. */
  defaultDominantColors: 10,
  /** MinConfidence of DetectModerationLabels, 0..100. */
  defaultModerationConfidence: 50,
  /** Words that DetectText tells of an image. */
  wordsPerImage: 100,
  /** MinConfidence of DetectText's words, 0..100. */
  defaultWordConfidence: 80,
  facesPerUser: 100,
  tagsPerResource: 50,
  /** RankSimilarImages: candidates of a call, those of them that are pictures, and how many are looked at at a time. */
  similarImages: { candidates: 1000, pictures: 50, atOnce: 4 },
  /** What an image may be, where an operation has bounds of its own: pixels of a side, and bytes that a request holds. */
  images: {
    labels: { maxSide: 10_000 },
    moderation: { maxSide: 10_000 },
    similar: { maxSide: 10_000 },
    equipment: { maxInlineBytes: 4_194_304, minSide: 64, maxSide: 4096 },
  },
} as const;
