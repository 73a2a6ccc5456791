import { describe, expect, it } from 'vitest';
import { readBrowserifyExport, readBrowserifyWeights } from './browserify.ts';
import { ModelFormatError } from './errors.ts';

const bundle = (literal: string) =>
  Buffer.from(
    `!function(t){module.exports=t()}(function(){return function t(e){return e}({1:[function(t,e,a){e.exports=${literal}},{}]},{},[1])(1)});`,
  );

describe('a browserify bundle of one literal', () => {
  it('is read as the value it exports', () => {
    const literal = '{a:"x:!0,.5",b:[-.25,.5,1e-7,-3,0.75],c$1:!0,d:{e:!1,"f-g":{}},h:"quote \\" .exports"}';
    expect(readBrowserifyExport(bundle(literal))).toEqual({
      a: 'x:!0,.5',
      b: [-0.25, 0.5, 1e-7, -3, 0.75],
      c$1: true,
      d: { e: false, 'f-g': {} },
      h: 'quote " .exports',
    });
  });

  it('gives the weights that it exports as base64', () => {
    expect(readBrowserifyWeights(bundle('"AQID/w=="'))).toEqual(new Uint8Array([1, 2, 3, 255]));
  });

  it('is refused when it does more than export a literal', () => {
    for (const code of ['process.exit(1)', '{a:function(){}}', '"a"+"b"', 'e', ''])
      expect(() => readBrowserifyExport(bundle(code)), code).toThrow(ModelFormatError);
    expect(() => readBrowserifyExport(Buffer.from('{"a":1}'))).toThrow(ModelFormatError);
    expect(() => readBrowserifyWeights(bundle('{a:1}'))).toThrow(ModelFormatError);
  });
});
