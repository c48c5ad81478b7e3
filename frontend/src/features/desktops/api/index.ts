// Everything that reads or changes desktops.
export { useDesktop } from "./useDesktop";
export { fetchDesktops, useDesktops } from "./useDesktops";
export { useDeleteDesktop, useRenameDesktop, useStartDesktop, useStopDesktop } from "./useActions";
export { useCreateDesktop } from "./useCreateDesktop";
export { useLimits, useTemplates } from "./useLists";
