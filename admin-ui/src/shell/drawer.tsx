/** The pages, where there is no room for a column of them. */
import { Dialog } from '@base-ui/react/dialog';
import { Nav } from './nav.tsx';

export function Drawer({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  return (
    <Dialog.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-veil" />
        <Dialog.Popup className="fixed inset-y-0 left-0 z-50 w-[min(280px,85vw)] overflow-y-auto border-r border-line bg-raised shadow-float outline-none">
          <Dialog.Title className="px-5 pt-4 text-14 font-semibold">Pages</Dialog.Title>
          <Nav onChosen={onClose} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
