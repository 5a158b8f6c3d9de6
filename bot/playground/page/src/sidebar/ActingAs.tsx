import { goTo, readPlace, START } from "../app/place.ts";
import { chooseTheme, type Theme, useTheme } from "../app/theme.ts";
import { dismissAll } from "../notices/notices.ts";
import { Icon, type IconName } from "../parts/Icon.tsx";
import { Menu } from "../parts/Menu.tsx";
import { Avatar } from "../people/Avatar.tsx";
import { isAppConversation, nameOf } from "../people/names.ts";
import { useSight } from "../slack/store.ts";
import { actAs } from "../slack/sync.ts";
import type { Person } from "../slack/types.ts";

const THEMES: { theme: Theme; label: string; icon: IconName }[] = [
  { theme: "system", label: "Like the system", icon: "screen" },
  { theme: "light", label: "Light", icon: "sun" },
  { theme: "dark", label: "Dark", icon: "moon" },
];

/** Whom one acts as, and whether it is light or dark. */
export function ActingAs() {
  const person = useSight((sight) => sight.person);
  const people = useSight((sight) => sight.people);
  const { theme } = useTheme();
  const self = people[person];
  const others = Object.values(people).filter((one) => !one.is_bot);
  const icon = THEMES.find((one) => one.theme === theme)?.icon ?? "screen";
  return (
    <footer className="side-foot">
      <Menu
        label={`Acting as ${nameOf(self, person)}, or somebody else`}
        className="acting"
        side="above"
        items={others.map((one) => ({
          label: <PersonLine person={one} />,
          isChecked: one.id === person,
          onChoose: () => void changeTo(one.id),
        }))}
      >
        <Avatar person={self} size={34} />
        <span className="acting-words">
          <span className="side-note">Acting as</span> <strong>{nameOf(self, person)}</strong>
        </span>
        <Icon name="down" size={16} />
      </Menu>
      <Menu
        label="Light or dark"
        title="Light or dark"
        className="icon-button"
        side="above"
        align="end"
        items={THEMES.map((one) => ({
          label: one.label,
          icon: one.icon,
          isChecked: one.theme === theme,
          onChoose: () => chooseTheme(one.theme),
        }))}
      >
        <Icon name={icon} />
      </Menu>
    </footer>
  );
}

/** Goes on as somebody else, in the same conversation where that person is in it, too. */
async function changeTo(person: string): Promise<void> {
  dismissAll();
  const place = readPlace(window.location.hash);
  const isWithApp = isAppConversation(useSight.getState().channels[place.channel]);
  await actAs(person);
  const { channels } = useSight.getState();
  const own = Object.values(channels).find((one) => isAppConversation(one) && one.members.includes(person));
  if (isWithApp && own) goTo({ ...place, channel: own.id });
  else if (!channels[place.channel]?.members.includes(person)) goTo(START);
}

function PersonLine({ person }: { person: Person }) {
  const role = person.is_admin
    ? "Admin"
    : person.is_restricted
      ? "Guest"
      : person.is_stranger
        ? "Another organisation"
        : "Member";
  return (
    <span className="person-line">
      <Avatar person={person} size={28} />
      <span>
        {person.real_name}
        <span className="menu-detail">{role}</span>
      </span>
    </span>
  );
}
