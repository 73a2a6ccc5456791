;; Pixels on their way to the nets. `npm run build:kernel` assembles this into kernel.ts.
;; The caller copies rows in and out; every buffer has 16 bytes to spare at its end, for whole vectors are read and written.
(module
  (memory (export "memory") 1)

  ;; Averages 2x2 pixels, rounding half up.
  ;; source: rows of `stride` bytes, RGB; target: `rows` rows of `width` pixels, packed, so that what a row writes beyond
  ;; its end is overwritten by the next.
  (func (export "halve")
    (param $source i32) (param $stride i32) (param $target i32) (param $width i32) (param $rows i32)
    (local $upper i32) (local $lower i32) (local $to i32) (local $end i32)
    (local $a v128) (local $b v128) (local $low v128) (local $high v128)
    (block $done
      (loop $row
        (br_if $done (i32.eqz (local.get $rows)))
        (local.set $upper (local.get $source))
        (local.set $lower (i32.add (local.get $source) (local.get $stride)))
        (local.set $to (local.get $target))
        (local.set $end (i32.add (local.get $target) (i32.mul (local.get $width) (i32.const 3))))
        ;; two pixels of the target at a time: 12 bytes of each row
        (loop $pair
          (local.set $a (v128.load (local.get $upper)))
          (local.set $b (v128.load (local.get $lower)))
          (local.set $low
            (i16x8.add (i16x8.extend_low_i8x16_u (local.get $a)) (i16x8.extend_low_i8x16_u (local.get $b))))
          (local.set $high
            (i16x8.add (i16x8.extend_high_i8x16_u (local.get $a)) (i16x8.extend_high_i8x16_u (local.get $b))))
          ;; sums of columns: samples 0 1 2 6 7 8 with their right neighbours 3 4 5 9 10 11
          (local.set $a
            (i16x8.shr_u
              (i16x8.add
                (i16x8.add
                  (i8x16.shuffle 0 1 2 3 4 5 12 13 14 15 16 17 0 1 0 1 (local.get $low) (local.get $high))
                  (i8x16.shuffle 6 7 8 9 10 11 18 19 20 21 22 23 0 1 0 1 (local.get $low) (local.get $high)))
                (i16x8.splat (i32.const 2)))
              (i32.const 2)))
          (v128.store64_lane 0 (local.get $to) (i8x16.narrow_i16x8_u (local.get $a) (local.get $a)))
          (local.set $upper (i32.add (local.get $upper) (i32.const 12)))
          (local.set $lower (i32.add (local.get $lower) (i32.const 12)))
          (local.set $to (i32.add (local.get $to) (i32.const 6)))
          (br_if $pair (i32.lt_u (local.get $to) (local.get $end))))
        (local.set $target (local.get $end))
        (local.set $source (i32.add (local.get $source) (i32.shl (local.get $stride) (i32.const 1))))
        (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
        (br $row))))

  ;; Blends neighbouring pixels of one row: target[i] = row[left[i]] * (1 - weight[i]) + row[right[i]] * weight[i].
  ;; row: bytes, RGB; lefts, rights: offsets in bytes, int32; weights: float32; target: 3 floats a pixel, red last where
  ;; `reversed` is 1.
  (func (export "blendColumns")
    (param $row i32) (param $lefts i32) (param $rights i32) (param $weights i32) (param $target i32)
    (param $count i32) (param $reversed i32)
    (local $weight v128) (local $value v128)
    (block $done
      (loop $pixel
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $weight (v128.load32_splat (local.get $weights)))
        (local.set $value
          (f32x4.add
            (f32x4.mul
              (f32x4.convert_i32x4_u
                (i32x4.extend_low_i16x8_u
                  (i16x8.extend_low_i8x16_u
                    (v128.load32_zero (i32.add (local.get $row) (i32.load (local.get $lefts)))))))
              (f32x4.sub (f32x4.splat (f32.const 1)) (local.get $weight)))
            (f32x4.mul
              (f32x4.convert_i32x4_u
                (i32x4.extend_low_i16x8_u
                  (i16x8.extend_low_i8x16_u
                    (v128.load32_zero (i32.add (local.get $row) (i32.load (local.get $rights)))))))
              (local.get $weight))))
        (v128.store (local.get $target)
          (select
            (i8x16.shuffle 8 9 10 11 4 5 6 7 0 1 2 3 12 13 14 15 (local.get $value) (local.get $value))
            (local.get $value)
            (local.get $reversed)))
        (local.set $lefts (i32.add (local.get $lefts) (i32.const 4)))
        (local.set $rights (i32.add (local.get $rights) (i32.const 4)))
        (local.set $weights (i32.add (local.get $weights) (i32.const 4)))
        (local.set $target (i32.add (local.get $target) (i32.const 12)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $pixel))))

  (func $cycle (param $a f32) (param $b f32) (param $c f32) (result v128)
    (f32x4.replace_lane 2 (f32x4.replace_lane 1 (f32x4.splat (local.get $a)) (local.get $b)) (local.get $c)))

  ;; Blends two rows of floats: target[i] = above[i] * a + below[i] * b + add[i % 3]. target may be above or below.
  (func (export "blendRows")
    (param $above i32) (param $below i32) (param $target i32) (param $count i32)
    (param $a f32) (param $b f32) (param $add0 f32) (param $add1 f32) (param $add2 f32)
    (local $va v128) (local $vb v128) (local $first v128) (local $second v128) (local $third v128) (local $end i32)
    (local.set $va (f32x4.splat (local.get $a)))
    (local.set $vb (f32x4.splat (local.get $b)))
    (local.set $first (call $cycle (local.get $add0) (local.get $add1) (local.get $add2)))
    (local.set $second (call $cycle (local.get $add1) (local.get $add2) (local.get $add0)))
    (local.set $third (call $cycle (local.get $add2) (local.get $add0) (local.get $add1)))
    (local.set $end (i32.add (local.get $target) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $four
        (br_if $done (i32.ge_u (local.get $target) (local.get $end)))
        (v128.store (local.get $target)
          (f32x4.add
            (f32x4.add
              (f32x4.mul (v128.load (local.get $above)) (local.get $va))
              (f32x4.mul (v128.load (local.get $below)) (local.get $vb)))
            (local.get $first)))
        (v128.store offset=16 (local.get $target)
          (f32x4.add
            (f32x4.add
              (f32x4.mul (v128.load offset=16 (local.get $above)) (local.get $va))
              (f32x4.mul (v128.load offset=16 (local.get $below)) (local.get $vb)))
            (local.get $second)))
        (v128.store offset=32 (local.get $target)
          (f32x4.add
            (f32x4.add
              (f32x4.mul (v128.load offset=32 (local.get $above)) (local.get $va))
              (f32x4.mul (v128.load offset=32 (local.get $below)) (local.get $vb)))
            (local.get $third)))
        (local.set $above (i32.add (local.get $above) (i32.const 48)))
        (local.set $below (i32.add (local.get $below) (i32.const 48)))
        (local.set $target (i32.add (local.get $target) (i32.const 48)))
        (br $four)))))
