import {
  exportAudit,
  getAuditManifest,
  getPolicy,
  getPublicKey,
  listAuditRecords,
  verifyAudit,
} from '../areas/accountability/index.ts';
import { createCollection, deleteCollection, describeCollection, listCollections } from '../areas/collections/index.ts';
import {
  compareFaces,
  deleteFaces,
  detectFaces,
  indexFaces,
  listFaces,
  searchFaces,
  searchFacesByImage,
} from '../areas/faces/index.ts';
import { getCalibration, listModels } from '../areas/models/index.ts';
import { signReport } from '../areas/reports/index.ts';
import { listTagsForResource, tagResource, untagResource } from '../areas/tags/index.ts';
import {
  associateFaces,
  createUser,
  deleteUser,
  disassociateFaces,
  listUsers,
  searchUsers,
  searchUsersByImage,
} from '../areas/users/index.ts';
import type { BuiltOperationName, OwnOperationName } from '../contract/index.ts';
import type { AnyOperation } from '../governance/index.ts';

/** Every operation that this version computes, by its wire name: the type asks for each, and for no other. */
export const builtOperations = {
  AssociateFaces: associateFaces,
  CompareFaces: compareFaces,
  CreateCollection: createCollection,
  CreateUser: createUser,
  DeleteCollection: deleteCollection,
  DeleteFaces: deleteFaces,
  DeleteUser: deleteUser,
  DescribeCollection: describeCollection,
  DetectFaces: detectFaces,
  DisassociateFaces: disassociateFaces,
  ExportAudit: exportAudit,
  GetAuditManifest: getAuditManifest,
  GetCalibration: getCalibration,
  GetPolicy: getPolicy,
  GetPublicKey: getPublicKey,
  IndexFaces: indexFaces,
  ListAuditRecords: listAuditRecords,
  ListCollections: listCollections,
  ListFaces: listFaces,
  ListModels: listModels,
  ListTagsForResource: listTagsForResource,
  ListUsers: listUsers,
  SearchFaces: searchFaces,
  SearchFacesByImage: searchFacesByImage,
  SearchUsers: searchUsers,
  SearchUsersByImage: searchUsersByImage,
  SignReport: signReport,
  TagResource: tagResource,
  UntagResource: untagResource,
  VerifyAudit: verifyAudit,
} as const satisfies { readonly [Name in BuiltOperationName | OwnOperationName]: AnyOperation };
