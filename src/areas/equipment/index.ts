export { detectProtectiveEquipment } from './detectProtectiveEquipment.ts';
