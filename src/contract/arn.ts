/** The ARN of a collection: `arn:aws:rekognition:REGION:ACCOUNT:collection/ID`. */
export function collectionArn(account: { region: string; accountId: string }, collectionId: string): string {
  return `arn:aws:rekognition:${account.region}:${account.accountId}:collection/${collectionId}`;
}
