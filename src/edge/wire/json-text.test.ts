import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Base64Text } from '../../contract/index.ts';
import { createWireCodec } from './codec.ts';
import { parseJson } from './json-text.ts';

const image = new Uint8Array(randomBytes(200_000));
const base64 = Buffer.from(image).toString('base64');
const bodyOf = (text: string) => new TextEncoder().encode(text);

/** What a body is parsed to, long texts as the texts they are. */
function plain(value: unknown): unknown {
  if (value instanceof Base64Text) return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}

describe('parsing a body', () => {
  const other = Buffer.from(image.map((byte) => byte ^ 255)).toString('base64');
  const lastOf = base64.slice(0, -3);
  const bodies: Record<string, string> = {
    'a long base64 text': `{"Image":{"Bytes":"${base64}"}}`,
    'two of them among other things': `{"a":["${base64}",1,null],"é\\u0041":"ü","b":{"c":"${other}"}}`,
    'a long base64 text alone': `"${base64}"`,
    'a long base64 text as a name': `{"${base64}":1,"b":"${other}"}`,
    'a member that a later one replaces': `{"a":"${base64}","a":"${other}"}`,
    'much beside it': `{"a":"${base64}","b":[${'0,'.repeat(70_000)}0]}`,
    'an escape in it': `{"a":"${lastOf}\\u0041AA"}`,
    'an escaped quote in it': `{"a":"${base64}\\"${base64}"}`,
    'no base64 in the middle': `{"a":"${base64.slice(0, 80_000)}*AAA${base64.slice(80_004)}"}`,
    'base64 of URLs': `{"a":"${base64.slice(0, 80_000)}-_-_${base64.slice(80_004)}"}`,
    'padding in the middle': `{"a":"${base64.slice(0, 65_535)}=${base64.slice(65_536)}"}`,
    'bits that padding leaves over': `{"a":"${base64.slice(0, 100_000)}AB=="}`,
    'a character too few': `{"a":"${base64.slice(0, -5)}"}`,
  };
  it.each(Object.entries(bodies))('gives what JSON.parse gives: %s', (_name, text) => {
    expect(plain(parseJson(bodyOf(text)))).toEqual(JSON.parse(text));
  });

  const broken: Record<string, string> = {
    'a line break in it': `{"a":"${base64.slice(0, 80_000)}\n${base64.slice(80_000)}"}`,
    'no end': `{"a":"${base64}`,
    'more after it': `{"a":"${base64}"}}`,
    'nothing between two': `["${base64}""${base64}"]`,
  };
  it.each(Object.entries(broken))('refuses what JSON.parse refuses: %s', (_name, text) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    expect(() => parseJson(bodyOf(text))).toThrow('The body is not JSON in UTF-8.');
  });

  it('refuses what is not UTF-8 beside a long text', () => {
    const body = Buffer.concat([Buffer.from(`{"a":"${base64}","b":"`), Buffer.from([0xc3]), Buffer.from('"}')]);
    expect(() => parseJson(body)).toThrow('The body is not JSON in UTF-8.');
  });

  it('decodes a long base64 text once, into memory of its own', () => {
    const { a } = parseJson(bodyOf(`{"a":"${base64}"}`)) as { a: Base64Text };
    expect(a).toBeInstanceOf(Base64Text);
    expect(Buffer.compare(a.bytes, image)).toBe(0);
    expect(a.bytes.buffer.byteLength).toBe(image.length);
  });
});

describe('reading a request with a long text', () => {
  const codec = createWireCodec();
  const read = (text: string) => codec.readRequest('SearchFacesByImage', bodyOf(text));

  it.each([0, 1, 2])('takes an image whose base64 ends in %i signs of padding', (padding) => {
    const bytes = image.subarray(0, 150_000 - padding);
    const text = Buffer.from(bytes).toString('base64');
    expect(text.endsWith('='.repeat(padding))).toBe(true);
    const request = read(`{"CollectionId":"c","Image":{"Bytes":"${text}"}}`) as { Image: { Bytes: Uint8Array } };
    expect(Buffer.compare(request.Image.Bytes, bytes)).toBe(0);
  });

  const wrong: Record<string, [text: string, message: string]> = {
    'where a structure is expected': [
      `{"CollectionId":"c","Image":"${base64}"}`,
      'Unexpected token received from parser',
    ],
    'where a number is expected': [
      `{"CollectionId":"c","Image":{},"MaxFaces":"${base64}"}`,
      'STRING_VALUE can not be converted to an Integer',
    ],
    'in the alphabet of URLs': [
      `{"CollectionId":"c","Image":{"Bytes":"${base64.slice(0, 80_000)}-_-_${base64.slice(80_004)}"}}`,
      'The blob is not base64',
    ],
  };
  it.each(Object.entries(wrong))('refuses it %s', (_name, [text, message]) => {
    expect(() => read(text)).toThrow(message);
  });

  it('takes it for the text it is where a text is expected', () => {
    const id = 'a'.repeat(80_000);
    expect(() => read(`{"CollectionId":"${id}","Image":{"Bytes":"AAAA"}}`)).toThrow(/collectionId.*length/s);
  });
});
