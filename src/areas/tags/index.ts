export { listTagsForResource } from './listTagsForResource.ts';
export { tagResource } from './tagResource.ts';
export { untagResource } from './untagResource.ts';
