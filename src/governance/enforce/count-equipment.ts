import type { EquipmentDetector } from '../../vision/index.ts';
import type { GrantNotes } from '../notes.ts';

/** A detector of protective equipment that counts persons for the audit; what they wear stands in no record. */
export function countEquipment(detector: EquipmentDetector, notes: GrantNotes): EquipmentDetector {
  return {
    async findEquipment(image, signal) {
      const found = await detector.findEquipment(image, signal);
      notes.count('personsFound', found.persons.length);
      return found;
    },
  };
}
