/** Whatever opens over the page. */
import { Drawer } from './drawer.tsx';
import { LoginDialog } from './login-dialog.tsx';
import { Palette } from './palette.tsx';
import { ShortcutsDialog } from './shortcuts-dialog.tsx';

export type Overlay = 'palette' | 'help' | 'drawer';

export default function Overlays(props: {
  readonly open: Overlay | undefined;
  readonly onClose: () => void;
}) {
  const { open, onClose } = props;
  return (
    <>
      <Drawer open={open === 'drawer'} onClose={onClose} />
      <Palette open={open === 'palette'} onClose={onClose} />
      <ShortcutsDialog open={open === 'help'} onClose={onClose} />
      <LoginDialog />
    </>
  );
}
