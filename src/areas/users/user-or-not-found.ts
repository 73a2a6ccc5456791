import { ServiceError } from '../../contract/index.ts';
import type { UserRecord } from '../../stores/ports/index.ts';

/** @throws {ServiceError} ResourceNotFoundException when there is no such user */
export async function userOrNotFound(
  users: { findUser(userId: string): Promise<UserRecord | undefined> },
  userId: string,
): Promise<UserRecord> {
  const user = await users.findUser(userId);
  if (user === undefined) throw new ServiceError('ResourceNotFoundException', `The user id: ${userId} does not exist`);
  return user;
}
