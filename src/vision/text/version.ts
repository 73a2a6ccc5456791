/**
 * Which nets and rules read text, told as TextModelVersion: the generation of the PP-OCR nets, then the revision of what
 * this project makes of their answers (lines, words, confidences). Not Rekognition's numbers, which say nothing here.
 */
export const textModelVersion = '4.1';
