/** What a kernel reads of a vector. */
export interface KernelForm {
  /** Numbers of a code: a multiple of 8, of 32 for nibbles. */
  readonly numbers: number;
  /** One byte a number, or two numbers in a byte: the first half of each 16 bytes' numbers low, the second high. */
  readonly as: 'bytes' | 'nibbles';
  /** Codes that are scored together, which read each part of the query once. */
  readonly together: 1 | 4;
  /** Whether each code has, beside its scale, a first coordinate in full and how far it may be from the rest. */
  readonly apart: boolean;
}

/**
 * Writes a kernel: `scan(codes, scales, count, query, step, slack, own, first, least, out)` writes the index and score of
 * each code whose `scale * (step * dot(code, query) + slack)` reaches `least`, where codes have parts apart with
 * `its slack * own + its first * first` added, and answers how many. After the scales come as many slacks and as many
 * firsts. `count` is a multiple of 4; a scale that is no number is never a hit.
 */
export function writeKernel({ numbers, as, together, apart }: KernelForm): string {
  const bytes = as === 'bytes' ? numbers : numbers / 2;
  const lanes = Array.from({ length: together }, (_, lane) => lane);
  const four = [0, 1, 2, 3];
  const sum = (name: string, term: string) => `(local.set ${name} (i32x4.add (local.get ${name}) ${term}))`;
  const ofBytes = (lane: number): string[] =>
    Array.from({ length: numbers / 8 }, (_, part) =>
      sum(
        `$s${lane}`,
        `(i32x4.dot_i16x8_s (v128.load8x8_s offset=${lane * bytes + 8 * part} (local.get $code)) (v128.load offset=${16 * part} (local.get $query)))`,
      ),
    );
  // Nibbles are taken as they lie, 0 to 15; what that adds is the query's sum times 8, the same for every code.
  const ofNibbles = (lane: number): string[] =>
    Array.from({ length: bytes / 16 }, (_, part) =>
      [
        `(local.set $v (v128.load offset=${lane * bytes + 16 * part} (local.get $code)))`,
        `(local.set $w (v128.and (local.get $v) (v128.const i8x16 ${'15 '.repeat(16)})))`,
        `(local.set $v (i8x16.shr_u (local.get $v) (i32.const 4)))`,
        ...['$w', '$v'].flatMap((half, h) =>
          ['low', 'high'].map((end, e) =>
            sum(
              `$s${lane}`,
              `(i32x4.dot_i16x8_s (i16x8.extend_${end}_i8x16_u (local.get ${half})) (v128.load offset=${16 * (4 * part + 2 * h + e)} (local.get $query)))`,
            ),
          ),
        ),
      ].join('\n'),
    );
  const dots = lanes.map(as === 'bytes' ? ofBytes : ofNibbles);
  const rows = dots[0]?.map((_, i) => dots.map((ofLane) => ofLane[i]).join('\n')) ?? [];
  const zero = '(v128.const i32x4 0 0 0 0)';
  const score = (base: number) => `
      ${lanes.map((lane) => `(local.set $s${lane} ${zero})`).join(' ')}
      ${rows.join('\n')}
      ${together === 1 ? `(local.set $s${base} (local.get $s0))` : ''}`;
  const pick = (a: string, b: string, lanesOf: readonly number[]) =>
    `(i8x16.shuffle ${lanesOf.flatMap((lane) => four.map((byte) => 4 * lane + byte)).join(' ')} (local.get ${a}) (local.get ${b}))`;
  const turn =
    together === 4
      ? `${score(0)} (local.set $code (i32.add (local.get $code) (i32.const ${4 * bytes})))`
      : four
          .toReversed()
          .map(
            (lane) => `
      (local.set $code (i32.add (local.get $first) (i32.const ${lane * bytes})))
      ${score(lane)}`,
          )
          .join('\n');
  return `(module
  (import "env" "memory" (memory 1 65536 shared))
  (func (export "scan")
    (param $codes i32) (param $scales i32) (param $count i32)
    (param $query i32) (param $step f32) (param $slack f32) (param $own f32) (param $firstly f32) (param $least f32) (param $out i32)
    (result i32)
    (local $index i32) (local $code i32) (local $first i32) (local $hit i32) (local $mask i32) (local $at i32)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128) (local $v v128) (local $w v128) (local $scale v128)
    (local.set $hit (local.get $out))
    (local.set $code (local.get $codes))
    (local.set $first (local.get $codes))
    (loop $each
      ${turn}
      (local.set $first (i32.add (local.get $first) (i32.const ${4 * bytes})))
      (local.set $v (i32x4.add ${pick('$s0', '$s1', [0, 4, 1, 5])} ${pick('$s0', '$s1', [2, 6, 3, 7])}))
      (local.set $w (i32x4.add ${pick('$s2', '$s3', [0, 4, 1, 5])} ${pick('$s2', '$s3', [2, 6, 3, 7])}))
      (local.set $v (i32x4.add ${pick('$v', '$w', [0, 1, 4, 5])} ${pick('$v', '$w', [2, 3, 6, 7])}))
      (local.set $v (f32x4.mul (f32x4.splat (local.get $step)) (f32x4.convert_i32x4_s (local.get $v))))
      (local.set $at (i32.add (local.get $scales) (i32.shl (local.get $index) (i32.const 2))))
      (local.set $scale (v128.load (local.get $at)))
      (local.set $w (f32x4.mul (local.get $scale) (f32x4.add (local.get $v) (f32x4.splat (local.get $slack)))))
      (local.set $v (f32x4.mul (local.get $v) (local.get $scale)))
      ${
        apart
          ? `(local.set $at (i32.add (local.get $at) (i32.shl (local.get $count) (i32.const 2))))
      (local.set $w (f32x4.add (local.get $w) (f32x4.mul (f32x4.splat (local.get $own)) (v128.load (local.get $at)))))
      (local.set $at (i32.add (local.get $at) (i32.shl (local.get $count) (i32.const 2))))
      (local.set $scale (f32x4.mul (f32x4.splat (local.get $firstly)) (v128.load (local.get $at))))
      (local.set $w (f32x4.add (local.get $w) (local.get $scale)))
      (local.set $v (f32x4.add (local.get $v) (local.get $scale)))`
          : ''
      }
      (local.set $mask (i32x4.bitmask (f32x4.ge (local.get $w) (f32x4.splat (local.get $least)))))
      (if (local.get $mask) (then
        ${four
          .map(
            (lane) => `(if (i32.and (local.get $mask) (i32.const ${1 << lane})) (then
          (i32.store (local.get $hit) (i32.add (local.get $index) (i32.const ${lane})))
          (f32.store offset=4 (local.get $hit) (f32x4.extract_lane ${lane} (local.get $v)))
          (local.set $hit (i32.add (local.get $hit) (i32.const 8)))))`,
          )
          .join('\n        ')}))
      (local.set $index (i32.add (local.get $index) (i32.const 4)))
      (br_if $each (i32.lt_u (local.get $index) (local.get $count))))
    (i32.shr_u (i32.sub (local.get $hit) (local.get $out)) (i32.const 3))))`;
}
