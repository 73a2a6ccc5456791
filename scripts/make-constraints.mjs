// Derives data/constraints.json from a botocore service model: `node scripts/make-constraints.mjs <service-2.json>`.
// Only what requests can hold is kept, and of it only types and constraints; no prose.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [modelPath] = process.argv.slice(2);
if (modelPath === undefined) {
  console.error('usage: node scripts/make-constraints.mjs <path of service-2.json>');
  process.exit(2);
}
const model = JSON.parse(readFileSync(modelPath, 'utf8'));

const kept = {};
function keep(name) {
  if (kept[name] !== undefined) return name;
  const {
    type,
    min,
    max,
    pattern,
    enum: values,
    required,
    members,
    member,
    key,
    value,
    sensitive,
  } = model.shapes[name];
  const shape = { type };
  kept[name] = shape;
  if (values !== undefined) shape.enum = values;
  if (pattern !== undefined) shape.pattern = pattern;
  if (min !== undefined) shape.min = min;
  if (max !== undefined) shape.max = max;
  if (sensitive) shape.sensitive = true;
  if (type === 'structure') {
    if (required?.length) shape.required = required;
    shape.members = Object.fromEntries(Object.entries(members).map(([field, of]) => [field, keep(of.shape)]));
  }
  if (type === 'list') shape.member = keep(member.shape);
  if (type === 'map') Object.assign(shape, { key: keep(key.shape), value: keep(value.shape) });
  return name;
}

const requests = {};
for (const [name, { input }] of Object.entries(model.operations).sort()) {
  requests[name] = keep(input.shape);
}
const lines = (table) =>
  Object.entries(table)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, row]) => `    ${JSON.stringify(name)}: ${JSON.stringify(row)}`)
    .join(',\n');
const { serviceId, apiVersion } = model.metadata;
const json = `{
  "source": ${JSON.stringify(`${serviceId} ${apiVersion}, botocore service-2.json, Apache-2.0; see NOTICE`)},
  "requests": {
${lines(requests)}
  },
  "shapes": {
${lines(kept)}
  }
}
`;
writeFileSync(join(fileURLToPath(import.meta.url), '..', '..', 'data', 'constraints.json'), json);
