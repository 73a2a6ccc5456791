export { associateFaces } from './associateFaces.ts';
export { createUser } from './createUser.ts';
export { deleteUser } from './deleteUser.ts';
export { disassociateFaces } from './disassociateFaces.ts';
export { listUsers } from './listUsers.ts';
export { searchUsers } from './searchUsers.ts';
export { searchUsersByImage } from './searchUsersByImage.ts';
