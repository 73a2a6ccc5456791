// Ends with 0 when the server of this machine can answer requests. Uses the settings that the server has.
import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';

const { LIKENESS_PORT = '4480', LIKENESS_TLS_CERT_FILE } = process.env;
// The certificate is made for the name that clients use, not for this address.
const [request, options] = LIKENESS_TLS_CERT_FILE ? [overHttps, { rejectUnauthorized: false }] : [overHttp, {}];
const asked = request(
  { host: '127.0.0.1', port: LIKENESS_PORT, path: process.argv[2] ?? '/livez', timeout: 4000, ...options },
  (response) => process.exit(response.statusCode === 200 ? 0 : 1),
);
asked.on('timeout', () => asked.destroy(new Error('no answer in 4 seconds')));
asked.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
asked.end();
