import { serveChild } from '../shared/child.ts';
import { type Bandwidth, measureBandwidth } from './bandwidth.ts';

serveChild<{ readonly bytes: number }, Bandwidth>(({ bytes }) => measureBandwidth(bytes));
