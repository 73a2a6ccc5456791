const names: ReadonlySet<string> = new Set([
  'CompareFaces',
  'SearchFaces',
  'SearchFacesByImage',
  'SearchUsers',
  'SearchUsersByImage',
  'StartFaceSearch',
  'GetFaceSearch',
]);

/** True for the operations whose answer says who looks alike. */
export function tellsMatches(operation: string): boolean {
  return names.has(operation);
}
