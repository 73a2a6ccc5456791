/** What a person may be trusted with. A key belongs to a person and has that person's roles. */
export const roleNames = ['admin', 'enroller', 'searcher', 'reviewer', 'auditor', 'evaluator'] as const;

/** The name of a role. */
export type RoleName = (typeof roleNames)[number];
