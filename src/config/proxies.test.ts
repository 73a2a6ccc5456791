import { describe, expect, it } from 'vitest';
import { ConfigError, proxiesOf } from './index.ts';

describe('proxies', () => {
  it('are read as other programs read them: lower case wins, a scheme may be left out, an empty one is none', () => {
    expect(proxiesOf({ HTTPS_PROXY: 'http://a:1', https_proxy: 'b:3128', HTTP_PROXY: '', NO_PROXY: '.local' })).toEqual(
      {
        https: 'http://b:3128',
        http: undefined,
        none: '.local',
      },
    );
  });

  it('are refused without their text, which may hold a password, when they are no address', () => {
    const attempt = () => proxiesOf({ HTTPS_PROXY: 'http://me:secret@[' });
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(/^(?!.*secret).*HTTPS_PROXY is not/s);
  });
});
