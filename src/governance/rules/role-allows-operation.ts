import { type BuiltOperationName, type OwnOperationRow, ownOperations } from '../../contract/index.ts';
import type { RoleName } from '../../shared/role-names.ts';
import { takesToken } from '../subjects/caller.ts';
import { accessDenied, type Question, type Rule } from './rule.ts';

const searching = ['searcher', 'evaluator'] as const;
const enrolling = ['enroller'] as const;
const deleting = ['enroller', 'admin'] as const;
const arranging = ['admin', 'enroller'] as const;
/** Looking at a picture that one has tells nothing of anyone whom the server knows. */
const looking = ['searcher', 'enroller', 'evaluator'] as const;
/** Reviewers judge candidates blind: names beside the pictures would tell them what to see. */
const reading = ['admin', 'enroller', 'searcher', 'evaluator'] as const;

/** Who may call an operation of Rekognition; Likeness' own say so in their rows. One that is missing does not compile. */
const rolesByOperation: { readonly [Name in BuiltOperationName]: readonly RoleName[] | 'any' } = {
  AssociateFaces: enrolling,
  CompareFaces: searching,
  CreateCollection: arranging,
  CreateUser: enrolling,
  DeleteCollection: arranging,
  DeleteFaces: deleting,
  DeleteUser: deleting,
  DescribeCollection: 'any',
  DetectFaces: looking,
  DetectLabels: looking,
  DetectModerationLabels: ['searcher', 'enroller', 'evaluator'],
  DetectProtectiveEquipment: ['searcher', 'enroller', 'evaluator'],
  DetectText: looking,
  DisassociateFaces: enrolling,
  GetCelebrityInfo: reading,
  IndexFaces: enrolling,
  ListCollections: 'any',
  ListFaces: reading,
  ListTagsForResource: 'any',
  ListUsers: reading,
  RecognizeCelebrities: searching,
  SearchFaces: searching,
  SearchFacesByImage: searching,
  SearchUsers: searching,
  SearchUsersByImage: searching,
  TagResource: arranging,
  UntagResource: arranging,
};

/** A person may call only what their roles allow, whatever their key lists; one without roles may call nothing. */
export const roleAllowsOperation: Rule<Question> = {
  name: 'role-allows-operation',
  judge(question) {
    const { call, roles } = question;
    // A token is judged where its receipt is looked for; it gives no role.
    if (takesToken(call.operation)) return undefined;
    if (roles.length === 0) {
      return accessDenied(
        question,
        'The key belongs to nobody who works with this server (any more). An admin adds persons: likeness people add. ' +
          'Rule: role-allows-operation; read docs/accountability.md#roles.',
      );
    }
    const allowed = rolesAllowed(call.operation);
    if (allowed === 'any' || allowed === 'token' || allowed.some((role) => roles.includes(role))) return undefined;
    return accessDenied(
      question,
      `It takes the role ${allowed.join(' or ')}; ${call.caller.person} is ${roles.join(', ')}. ` +
        'Rule: role-allows-operation; read docs/accountability.md#roles.',
    );
  },
};

/** An operation that stands in no table is allowed to nobody. */
function rolesAllowed(operation: string): OwnOperationRow['roles'] {
  const rows: Readonly<Record<string, readonly RoleName[] | 'any'>> = rolesByOperation;
  const ownRows: Readonly<Record<string, OwnOperationRow>> = ownOperations;
  if (Object.hasOwn(rows, operation)) return rows[operation] ?? [];
  return Object.hasOwn(ownRows, operation) ? (ownRows[operation]?.roles ?? []) : [];
}
