/** The version of what the net that comes with Likeness tells; no version of Rekognition's. */
export const moderationVersion = '1.0';

/** The id of that net in the manifest of models. */
export const defaultModerationNet = 'nsfw-mobilenet';
