import { openMemoryBus } from '../../server/src/bus/bus-memory.ts';
import { describeBusContract } from './bus.suite.ts';

describeBusContract('memory', async () => openMemoryBus());
