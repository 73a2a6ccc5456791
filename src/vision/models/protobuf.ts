import { bytesField } from './onnx-writer.ts';

/** A field of a protobuf message: its number, its bytes on the wire with the tag, and what it holds. */
export interface Field {
  readonly number: number;
  readonly whole: Uint8Array;
  /** Of a length-delimited field or one of fixed width. */
  readonly payload?: Uint8Array;
  /** Of a whole number. */
  readonly value?: number;
}

/**
 * Takes a message apart, not looking into the messages it holds.
 *
 * @throws {RangeError} when the bytes are no protobuf message
 * @source https://protobuf.dev/programming-guides/encoding/
 */
export function fieldsOf(message: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++];
      if (byte === undefined || factor > 2 ** 63) throw new RangeError('the model is no protobuf message');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const take = (bytes: number): Uint8Array => {
    if (at + bytes > message.length) throw new RangeError('the model is cut off');
    at += bytes;
    return message.subarray(at - bytes, at);
  };
  while (at < message.length) {
    const start = at;
    const tag = varint();
    const wire = tag % 8;
    let payload: Uint8Array | undefined;
    let value: number | undefined;
    if (wire === 0) value = varint();
    else if (wire === 1) payload = take(8);
    else if (wire === 2) payload = take(varint());
    else if (wire === 5) payload = take(4);
    else throw new RangeError(`the model is no protobuf message: wire type ${wire}`);
    const number = Math.floor(tag / 8);
    const whole = message.subarray(start, at);
    fields.push({ number, whole, ...(payload && { payload }), ...(value !== undefined && { value }) });
  }
  return fields;
}

/** What a field holds. @throws {RangeError} when it is a number */
export function payloadOf({ number, payload }: Field): Uint8Array {
  if (payload === undefined) throw new RangeError(`field ${number} of the model holds no message`);
  return payload;
}

/** A message with the payload of one of its fields replaced. */
export function within(message: Uint8Array, number: number, change: (payload: Uint8Array) => Uint8Array): Uint8Array {
  return join(
    fieldsOf(message).map((field) =>
      field.number === number ? bytesField(number, change(payloadOf(field))) : field.whole,
    ),
  );
}

/** Bytes one after the other, in memory of their own. */
export function join(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
