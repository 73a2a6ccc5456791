;; Scans a block of codes for one query. scripts/build-kernel.ts assembles this file into kernel.ts.
;;
;; A code is a vector of i8, a multiple of 64 of them; a query is as many i16. The score of a code is
;; scale * dot(code, query) * step, and never further from the truth than scale * slack.
(module
  (import "env" "memory" (memory 1 65536 shared))

  ;; Writes an i32 index and an f32 score to `out` for each code whose score may reach `least`, and answers how many.
  (func (export "scan")
    (param $codes i32) (param $scales i32) (param $count i32) (param $dimensions i32)
    (param $query i32) (param $step f32) (param $slack f32) (param $least f32) (param $out i32)
    (result i32)
    (local $index i32) (local $code i32) (local $end i32) (local $part i32) (local $hit i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $scale f32) (local $score f32)
    (local.set $code (local.get $codes))
    (local.set $hit (local.get $out))
    (loop $each
      (local.set $a (v128.const i32x4 0 0 0 0))
      (local.set $b (v128.const i32x4 0 0 0 0))
      (local.set $c (v128.const i32x4 0 0 0 0))
      (local.set $d (v128.const i32x4 0 0 0 0))
      (local.set $part (local.get $query))
      (local.set $end (i32.add (local.get $code) (local.get $dimensions)))
      ;; 64 numbers a turn: 32 a turn took 1.3 times as long.
      (loop $sixtyFour
        (local.set $a (i32x4.add (local.get $a) (i32x4.dot_i16x8_s
          (v128.load8x8_s offset=0 (local.get $code)) (v128.load offset=0 (local.get $part)))))
        (local.set $b (i32x4.add (local.get $b) (i32x4.dot_i16x8_s
          (v128.load8x8_s offset=8 (local.get $code)) (v128.load offset=16 (local.get $part)))))
        (local.set $c (i32x4.add (local.get $c) (i32x4.dot_i16x8_s
          (v128.load8x8_s offset=16 (local.get $code)) (v128.load offset=32 (local.get $part)))))
        (local.set $d (i32x4.add (local.get $d) (i32x4.dot_i16x8_s
          (v128.load8x8_s offset=24 (local.get $code)) (v128.load offset=48 (local.get $part)))))
        (local.set $a (i32x4.add (local.get $a) (i32x4.dot_i16x8_s
          (v128.load8x8_s offset=32 (local.get $code)) (v128.load offset=64 (local.get $part)))))
        (local.set $b (i32x4.add (local.get $b) (i32x4.dot_i16x8_s
          (v128.load8x8_s offset=40 (local.get $code)) (v128.load offset=80 (local.get $part)))))
        (local.set $c (i32x4.add (local.get $c) (i32x4.dot_i16x8_s
          (v128.load8x8_s offset=48 (local.get $code)) (v128.load offset=96 (local.get $part)))))
        (local.set $d (i32x4.add (local.get $d) (i32x4.dot_i16x8_s
          (v128.load8x8_s offset=56 (local.get $code)) (v128.load offset=112 (local.get $part)))))
        (local.set $code (i32.add (local.get $code) (i32.const 64)))
        (local.set $part (i32.add (local.get $part) (i32.const 128)))
        (br_if $sixtyFour (i32.lt_u (local.get $code) (local.get $end))))
      (local.set $a (i32x4.add
        (i32x4.add (local.get $a) (local.get $b))
        (i32x4.add (local.get $c) (local.get $d))))
      (local.set $a (i32x4.add (local.get $a)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $a) (local.get $a))))
      (local.set $score (f32.mul (local.get $step) (f32.convert_i32_s
        (i32.add (i32x4.extract_lane 0 (local.get $a)) (i32x4.extract_lane 1 (local.get $a))))))
      (local.set $scale (f32.load (i32.add (local.get $scales) (i32.shl (local.get $index) (i32.const 2)))))
      ;; An empty place has a scale that is no number, and is never a hit.
      (if (f32.ge (f32.mul (local.get $scale) (f32.add (local.get $score) (local.get $slack))) (local.get $least))
        (then
          (i32.store (local.get $hit) (local.get $index))
          (f32.store offset=4 (local.get $hit) (f32.mul (local.get $scale) (local.get $score)))
          (local.set $hit (i32.add (local.get $hit) (i32.const 8)))))
      (local.set $index (i32.add (local.get $index) (i32.const 1)))
      (br_if $each (i32.lt_u (local.get $index) (local.get $count))))
    (i32.shr_u (i32.sub (local.get $hit) (local.get $out)) (i32.const 3))))
