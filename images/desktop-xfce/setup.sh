#!/bin/sh
# Runs once inside the new image, after the packages and rootfs/ are in place: makes the user, and every cache that
# programs would otherwise make at each boot.
set -eu

useradd --uid 1000 --user-group --create-home --shell /bin/bash user
cat >>/home/user/.bashrc </usr/share/berth/bashrc
for dir in Desktop Documents Downloads Pictures; do mkdir -p "/home/user/$dir"; done
cp /usr/share/berth/welcome.txt /home/user/Documents/Welcome.txt
cp /usr/share/berth/wallpaper.jpg /home/user/Pictures/Harbour.jpg
mkdir -p /home/user/.config
cat >/home/user/.config/user-dirs.dirs <<'END'
XDG_DESKTOP_DIR="$HOME/Desktop"
XDG_DOCUMENTS_DIR="$HOME/Documents"
XDG_DOWNLOAD_DIR="$HOME/Downloads"
XDG_PICTURES_DIR="$HOME/Pictures"
END
chown -R 1000:1000 /home/user

# Nothing here can lock a screen or mount a disk, and nobody is looking for a mail program that is not there.
rm -f /etc/xdg/autostart/* /usr/share/applications/xfce4-mail-reader.desktop /usr/share/applications/python3*.desktop

# A checkout made under a strict umask must not lock the user out.
chmod -R a+rX /etc/berth /etc/firefox /usr/lib/berth /usr/share/berth

# A cache is good as long as its folder has the time it had, and making the image cuts off what is newer or finer.
find /usr/share/fonts /usr/local/share/fonts -type d -exec touch --date=2020-01-01 {} +
fc-cache --force --system-only
for theme in /usr/share/icons/*; do
    if [ -e "$theme/index.theme" ]; then gtk-update-icon-cache --force --quiet "$theme"; fi
done
update-mime-database /usr/share/mime
rm -rf /var/log/* /var/cache/apt/* /var/cache/debconf/*-old /tmp/.[!.]* /root/.cache
