/** The menus of the header: loaded after the page, which does not wait for them. */
import { LogOut, Monitor, Moon, Rows2, Rows3, Sun, UserRound } from 'lucide-react';
import { session } from '../api/gateway.ts';
import { useValue } from '../api/use-value.ts';
import { IconButton } from '../parts/button.tsx';
import { Menu, MenuChoice, MenuItem } from '../parts/menu.tsx';
import { density, theme } from './preferences.ts';
import { toast } from './toasts.tsx';

export default function HeaderMenus() {
  return (
    <>
      <Appearance />
      <Account />
    </>
  );
}

function Appearance() {
  const chosenTheme = useValue(theme);
  const chosenDensity = useValue(density);
  return (
    <Menu
      trigger={
        <IconButton
          icon={chosenTheme === 'light' ? Sun : chosenTheme === 'dark' ? Moon : Monitor}
          label="Appearance"
        />
      }
    >
      <MenuChoice
        label="Theme"
        value={chosenTheme}
        onChange={(value) => theme.set(value)}
        options={[
          { value: 'system', label: 'As the system', icon: Monitor },
          { value: 'light', label: 'Light', icon: Sun },
          { value: 'dark', label: 'Dark', icon: Moon },
        ]}
      />
      <MenuChoice
        label="Density"
        value={chosenDensity}
        onChange={(value) => density.set(value)}
        options={[
          { value: 'compact', label: 'Compact', icon: Rows3 },
          { value: 'comfortable', label: 'Comfortable', icon: Rows2 },
        ]}
      />
    </Menu>
  );
}

function Account() {
  const document = useValue(session.document);
  if (document?.authenticated !== true) return null;
  return (
    <Menu trigger={<IconButton icon={UserRound} label={`Logged in as ${document.name ?? 'a token'}`} />}>
      <p className="px-2 pt-1.5 pb-2 text-12 text-faint">
        <span className="block text-13 font-medium text-text">{document.name ?? 'unnamed token'}</span>
        role {document.role}
      </p>
      <MenuItem
        icon={LogOut}
        onClick={() => {
          session.logout().catch((error: Error) => toast.failed('Not logged out', error.message));
        }}
      >
        Log out
      </MenuItem>
    </Menu>
  );
}
