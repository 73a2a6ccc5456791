import { openEngines } from '../engines.ts';
import type { EngineSettings } from '../face-engine.ts';
import { serveTasks } from './serve-tasks.ts';

/** The entry of a worker process: opens the engines it is told to, then does one task after the other. */
serveTasks((settings) => openEngines(settings as EngineSettings));
