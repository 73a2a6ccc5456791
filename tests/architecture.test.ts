import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it, onTestFinished } from 'vitest';
import { operations, ownOperations } from '../src/contract/index.ts';
import type { CapabilityName } from '../src/governance/index.ts';
import { packageRoot } from '../src/shared/package-root.ts';

const root = packageRoot();
const rules = join(root, '.dependency-cruiser.cjs');

interface Violation {
  readonly from: string;
  readonly rule: string;
}

/** Runs the import rules over the `src` of a folder. */
function cruise(folder: string): readonly Violation[] {
  const cruiser = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  let answer: string;
  try {
    answer = execFileSync(process.execPath, [cruiser, '--config', rules, '--output-type', 'json', 'src'], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    // Violations make its exit code, and its answer is complete.
    answer = (error as { stdout: string }).stdout;
  }
  const { summary } = JSON.parse(answer) as {
    summary: { totalCruised: number; violations: { from: string; rule: { name: string } }[] };
  };
  expect(summary.totalCruised).toBeGreaterThan(0);
  return summary.violations.map(({ from, rule }) => ({ from, rule: rule.name }));
}

/** A small house with the faces of every room, and the files of a test planted in it. */
function houseWith(planted: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-architecture-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  copyFileSync(join(root, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  const faces = Object.fromEntries(
    [
      'areas/faces/index',
      'areas/users/index',
      'backup/index',
      'bias/index',
      'cli/program',
      'compose',
      'compose/capabilities',
      'compose/wire',
      'config/index',
      'contract/index',
      'edge/index',
      'governance/index',
      'governance/gate',
      'keyring/index',
      'media/index',
      'server',
      'shared/leaf',
      'sources/index',
      'stores/index',
      'stores/ports/index',
      'stores/sqlite/open-stores',
      'vision/index',
      'vision/workers/index',
    ].map((name) => [`src/${name}.ts`, 'export const open = 1;\nexport interface Thing {}\n']),
  );
  for (const [path, text] of Object.entries({ ...faces, ...planted })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** Each breach: the file, what it imports, and the rule that must name it. */
const breaches: readonly (readonly [what: string, file: string, from: string, rule: string])[] = [
  ['an area opens the stores', 'areas/faces/a1', '../../stores/index.ts', 'areas-take-vision-and-stores-as-types-only'],
  [
    'an area takes a value of the ports',
    'areas/faces/a2',
    '../../stores/ports/index.ts',
    'areas-take-vision-and-stores-as-types-only',
  ],
  ['an area runs a model', 'areas/faces/a3', '../../vision/index.ts', 'areas-take-vision-and-stores-as-types-only'],
  [
    'an area opens the worker pool',
    'areas/faces/a4',
    '../../vision/workers/index.ts',
    'only-compose-reaches-stores-and-models',
  ],
  ['an area opens the keyring', 'areas/faces/a5', '../../keyring/index.ts', 'only-compose-reaches-stores-and-models'],
  [
    'an area copies the data folder',
    'areas/faces/a6',
    '../../backup/index.ts',
    'only-compose-reaches-stores-and-models',
  ],
  ['an area reads buckets', 'areas/faces/a7', '../../sources/index.ts', 'only-compose-reaches-stores-and-models'],
  ['an area goes round the gate to compose', 'areas/faces/a8', '../../compose.ts', 'only-compose-wires'],
  ['an area looks behind the gate', 'areas/faces/a9', '../../governance/gate.ts', 'areas-imports'],
  ['the edge calls an area', 'edge/e1', '../areas/faces/index.ts', 'edge-imports'],
  ['the edge opens the stores', 'edge/e2', '../stores/index.ts', 'only-compose-reaches-stores-and-models'],
  ['the edge runs a model', 'edge/e3', '../vision/index.ts', 'only-compose-reaches-stores-and-models'],
  ['governance runs a model', 'governance/g1', '../vision/index.ts', 'governance-takes-vision-as-types-only'],
  ['governance opens the stores', 'governance/g2', '../stores/index.ts', 'only-compose-reaches-stores-and-models'],
  ['governance opens the keyring', 'governance/g3', '../keyring/index.ts', 'only-compose-reaches-stores-and-models'],
  ['governance calls an area', 'governance/g4', '../areas/faces/index.ts', 'governance-imports'],
  ['the command line opens the stores', 'cli/c1', '../stores/index.ts', 'only-compose-reaches-stores-and-models'],
  [
    'the command line opens a database',
    'cli/c2',
    '../stores/sqlite/open-stores.ts',
    'only-compose-reaches-stores-and-models',
  ],
  ['the command line runs a model', 'cli/c3', '../vision/workers/index.ts', 'only-compose-reaches-stores-and-models'],
  ['the command line takes the house with open walls', 'cli/c4', '../compose/wire.ts', 'compose-has-one-door'],
  ['the command line calls an area', 'cli/c5', '../areas/faces/index.ts', 'cli-imports'],
  ['bias reaches the stores', 'bias/b1', '../stores/index.ts', 'only-compose-reaches-stores-and-models'],
  ['backup reaches the stores behind the ports', 'backup/k1', '../stores/sqlite/open-stores.ts', 'backup-imports'],
  ['vision stores something', 'vision/v1', '../stores/index.ts', 'vision-imports'],
  ['stores run a model', 'stores/s1', '../vision/index.ts', 'stores-imports'],
  ['an area opens a database itself', 'areas/faces/n1', 'libsql', 'engines-stay-in-their-rooms'],
  ['governance runs a network itself', 'governance/n2', 'onnxruntime-node', 'engines-stay-in-their-rooms'],
  ['the command line opens a database itself', 'cli/n3', 'libsql', 'engines-stay-in-their-rooms'],
  ['the library reaches the stores', 'library', './stores/index.ts', 'only-compose-reaches-stores-and-models'],
];

describe('the import rules', () => {
  it('hold in the whole tree', () => {
    expect(cruise(root)).toEqual([]);
  }, 120_000);

  it('catch every way round the gate that is planted, and nothing else', () => {
    const planted = breaches.map(([, file, from]) => [`src/${file}.ts`, `import { open } from '${from}';\nopen;\n`]);
    const innocent = {
      'src/areas/faces/i1.ts': "import type { Thing } from '../../stores/ports/index.ts';\nexport type A = Thing;\n",
      'src/governance/i2.ts': "import { open } from '../stores/ports/index.ts';\nopen;\n",
      'src/cli/i3.ts': "import { open } from '../compose.ts';\nopen;\n",
      'src/compose/i4.ts': "import { open } from '../stores/index.ts';\nopen;\n",
      'src/edge/i5.ts': "import { open } from '../governance/index.ts';\nopen;\n",
    };
    const found = cruise(houseWith({ ...Object.fromEntries(planted), ...innocent }));
    for (const [what, file, , rule] of breaches) {
      expect(found, what).toContainEqual({ from: `src/${file}.ts`, rule });
    }
    const guilty = new Set(breaches.map(([, file]) => `src/${file}.ts`));
    expect(found.filter(({ from }) => !guilty.has(from))).toEqual([]);
  }, 120_000);

  it('see a model or store that is hidden in a re-export, an import at run time or beside a type', () => {
    const hidden = {
      'src/library.ts':
        "import { compose } from './compose.ts';\ncompose;\nexport { open } from './stores/index.ts';\n",
      'src/server.ts': "import { wire } from './compose/wire.ts';\nwire;\n",
      'src/main.ts': "export const late = () => import('./vision/workers/index.ts');\n",
      'src/cli/h1.ts': "export const late = () => import('../stores/index.ts');\n",
      'src/areas/faces/h2.ts':
        "import { type Thing, open } from '../../vision/index.ts';\nexport type A = Thing;\nopen;\n",
      'src/edge/h3.ts': "export * from '../stores/sqlite/open-stores.ts';\n",
    };
    const found = cruise(houseWith(hidden));
    for (const file of Object.keys(hidden)) {
      const rule = file === 'src/server.ts' ? 'compose-has-one-door' : 'only-compose-reaches-stores-and-models';
      expect(found).toContainEqual({ from: file, rule });
    }
  }, 120_000);
});

/**
 * What stands between each capability and the models and stores. `through`: names that its builder must call, from
 * the store outwards or by the grant's scope. `harmless`: why it needs none.
 */
const doors: {
  readonly [Name in CapabilityName]: { readonly through: readonly string[] } | { readonly harmless: string };
} = {
  images: { through: ['noteProbes'] },
  faceDetector: { through: ['withholdFromDetector'] },
  labelDetector: { through: ['withholdFromLabels'] },
  moderationDetector: { through: ['countModeration'] },
  textReader: { through: ['countText'] },
  equipmentDetector: { through: ['countEquipment'] },
  visualSimilarity: { through: ['rememberVisualFeatures', 'parts.imageMemories.forGrant'] },
  imageMemory: { through: ['parts.imageMemories.forGrant'] },
  errorTerms: { harmless: 'words for errors; reads nothing' },
  faceEmbedder: { through: ['withholdFromEmbedder', 'withheld.embedder'] },
  faceMatcher: { through: ['withheld.matcher', 'floorMatcher', 'watchMatcher'] },
  faceSearch: {
    through: [
      'judged',
      'parts.retention.search',
      'withheld.search',
      'hideOptedOut',
      'floorSearch',
      'noteFoundSubjects',
      'watchSearch',
    ],
  },
  celebritySearch: {
    through: [
      'galleryOf',
      'parts.celebrities.isGallery',
      'judged',
      'parts.retention.search',
      'withheld.search',
      'tellCelebrities',
      'floorSearch',
      'noteFoundSubjects',
      'watchSearch',
    ],
  },
  // Says whether a photo shows somebody else too, and never whom.
  celebrityDesk: { through: ['galleryOf', 'judged', 'parts.retention.search', 'withheld.search'] },
  // Names without faces, of those who may be told.
  celebrityReader: { through: ['galleryOf', 'judged'] },
  celebrityOptOuts: { through: ['galleryOf', 'judged'] },
  faceWriter: {
    through: [
      'judged',
      'parts.retention.faceWriter',
      'withheld.faceWriter',
      'countFaceWrites',
      'consentedFaceWriter',
      'noteStoredSubjects',
    ],
  },
  userWriter: {
    through: [
      'judged',
      'parts.retention.userWriter',
      'consentedUserWriter',
      'withheld.userWriter',
      'floorUserWriter',
      'noteChangedUsers',
    ],
  },
  reembedder: {
    through: ['judged', 'parts.retention.reembedder', 'withheld.reembedder', 'consentedReembedder', 'countReembedding'],
  },
  // Both only after two persons agreed; templates leave sealed for the recipient alone.
  collectionExporter: {
    through: ['judged', 'parts.retention.exporting', 'consentedExport', 'transferCall', 'parts.celebrities.isGallery'],
  },
  collectionImporter: {
    through: ['judged', 'parts.retention.importing', 'consentedImport', 'transferCall', 'parts.celebrities.isGallery'],
  },
  // Rows without templates, of the one collection that was granted.
  collectionReader: { through: ['judged'] },
  tagWriter: { through: ['judged'] },
  // Checks the grant's scope at each of its methods, and asks retention before it deletes.
  collectionCatalog: { through: ['judged', 'parts.retention.deleteCollection', 'parts.withholding.forgetCollection'] },
  pageTokens: { harmless: 'signs positions; reads nothing' },
  idempotency: { harmless: 'keeps answers by caller and token; bound to the grant' },
  account: { harmless: 'settings' },
  policyInForce: { harmless: 'the policy file' },
  auditReader: {
    harmless: 'the audit log, which holds no image and no template; its rule asks for role and whole key',
  },
  auditExporter: { harmless: 'the audit log under a signature' },
  publicKey: { harmless: 'public' },
  labelCatalog: { harmless: 'names of labels; loads no model' },
  modelCatalog: { harmless: 'numbers about models; loads none' },
  consents: { harmless: 'receipts; its eraser only deletes' },
  dualControl: { harmless: 'proposals; each action registers how it runs' },
  keyDesk: { harmless: 'access keys, by persons and through dual control' },
  peopleDesk: { harmless: 'persons and roles, through dual control' },
  cannotLinks: { harmless: 'statements about faces of the granted collection; tells no match' },
  minors: { harmless: 'marks; tells no match' },
  reviewDesk: { harmless: 'cases for the reviewers who are asked, outcomes for the requester' },
  masterKeyDesk: { harmless: 'the age of the key; turns it over and shows none' },
  backups: { harmless: 'sealed copies of the folder; opens none' },
  retention: { harmless: 'deletes, holds and counts' },
  reportSigner: { harmless: 'signs bias reports of a fixed form' },
  subjectFile: { harmless: 'what is held of the holder of a receipt, found by its token' },
  contestDesk: { harmless: 'what persons wrote' },
  transparency: { harmless: 'counts of the audit log, small ones suppressed' },
};

/** The builders of an object literal called `name` in a file, with all that each calls, also by helpers of the file. */
function buildersIn(path: string, name: string): Map<string, ReadonlySet<string>> {
  const file = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true);
  const helpers = new Map<string, ts.Node>();
  let table: ts.ObjectLiteralExpression | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer) {
      if (ts.isArrowFunction(node.initializer)) helpers.set(node.name.text, node.initializer);
      if (node.name.text === name && ts.isObjectLiteralExpression(node.initializer)) table = node.initializer;
    }
    if (
      ts.isPropertyAssignment(node) &&
      node.name.getText() === name &&
      ts.isObjectLiteralExpression(node.initializer)
    ) {
      table = node.initializer;
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  const namesIn = (node: ts.Node, found: Set<string>): Set<string> => {
    const add = (text: string): void => {
      if (found.has(text)) return;
      found.add(text);
      const helper = helpers.get(text);
      if (helper) namesIn(helper, found);
    };
    const look = (inner: ts.Node): void => {
      if (ts.isIdentifier(inner) || ts.isPropertyAccessExpression(inner)) add(inner.getText());
      ts.forEachChild(inner, look);
    };
    look(node);
    return found;
  };
  const builders = new Map<string, ReadonlySet<string>>();
  for (const property of table?.properties ?? []) {
    if (ts.isPropertyAssignment(property))
      builders.set(property.name.getText(), namesIn(property.initializer, new Set()));
  }
  return builders;
}

describe('every capability that reaches models or stores', () => {
  const builders = new Map([
    ...buildersIn('src/compose/capabilities.ts', 'builders'),
    ...buildersIn('src/compose/accountability.ts', 'capabilities'),
  ]);

  it('is built in one of the two tables of compose, and named here', () => {
    expect([...builders.keys()].sort()).toEqual(Object.keys(doors).sort());
  });

  it.each(Object.entries(doors))('%s passes all that stands before it, or reaches neither', (name, door) => {
    const called = builders.get(name) ?? new Set();
    if ('through' in door) {
      for (const wrapper of door.through) expect(called, `${name} without ${wrapper}`).toContain(wrapper);
    } else {
      const raw = [
        'vision',
        'parts.vision',
        'collections',
        'parts.collections',
        'parts.stores',
        'parts.stores.collections',
      ];
      expect(raw.filter((part) => called.has(part))).toEqual([]);
    }
  });
});

describe('a newcomer', () => {
  const rooms = readdirSync(join(root, 'src', 'areas'));
  const fileOf = (name: string): string => `${name.charAt(0).toLowerCase()}${name.slice(1)}.ts`;

  it('finds the code of every operation in the one file under its wire name', () => {
    const built = Object.entries(operations).flatMap(([name, { status }]) => (status === 'built' ? [name] : []));
    for (const name of [...built, ...Object.keys(ownOperations)]) {
      const found = rooms.filter((room) => readdirSync(join(root, 'src', 'areas', room)).includes(fileOf(name)));
      expect(found, name).toHaveLength(1);
    }
  });

  it("finds what each of Likeness' own operations takes and answers in a file named as its room", () => {
    for (const name of Object.keys(ownOperations)) {
      const room = rooms.find((folder) => readdirSync(join(root, 'src', 'areas', folder)).includes(fileOf(name)));
      const contract = readFileSync(join(root, 'src', 'contract', 'own', `${room}.ts`), 'utf8');
      expect(contract, name).toContain(`\n  ${name}: {`);
    }
  });

  it('finds every room on the map, and whatever the map points to', () => {
    const map = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
    const folders = (...path: string[]): string[] =>
      readdirSync(join(root, ...path), { withFileTypes: true }).flatMap((at) => (at.isDirectory() ? [at.name] : []));
    for (const folder of folders('src')) expect(map).toContain(`\`src/${folder}/`);
    for (const folder of folders('src', 'governance')) expect(map).toContain(`| \`${folder}/\` |`);
    for (const room of rooms) expect(map).toMatch(new RegExp(`\\b${room}\\b`));
    const targets = [...map.matchAll(/\]\(([^)#]+)/g)].map(([, target]) => target ?? '');
    expect(targets.filter((target) => !existsSync(join(root, target)))).toEqual([]);
  });

  it('finds the operations sorted where compose gathers them', () => {
    const text = readFileSync(join(root, 'src', 'compose', 'operations.ts'), 'utf8');
    const names = [...text.matchAll(/^ {2}([A-Z]\w+): \w+,$/gm)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(50);
    expect(names).toEqual([...names].sort());
  });
});
