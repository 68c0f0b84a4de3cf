# Several hosts on one machine, for scripts that source this: each is a network namespace with its
# own address, name, processes, shared memory and sshd; all hang on one switch. Files are shared but
# for $folder/local, which each host has for itself. Needs root; nothing outside $folder is changed
# but /run/netns, in which ip keeps namespaces.
#
#   find_host_tools         says on standard output what is missing
#   start_hosts COUNT       makes hosts[0], hosts[1], … and $folder/hostfile of one slot each
#   on_host INDEX COMMAND…  runs a command in a host
#   cut_host INDEX          takes a host off the switch; join_host INDEX puts it back
#   stop_hosts              ends every process on them, and removes them
#
# shellcheck shell=bash

: "${folder:?an empty folder, which whoever sources this removes}"
hosts=() inits=()

find_host_tools() {
  local tool
  if [ "$(id -u)" -ne 0 ]; then
    echo "only root can make network namespaces"
    return 1
  fi
  for tool in ip:iproute2 pgrep:procps nsenter:util-linux unshare:util-linux \
    ssh-keygen:openssh-client /usr/sbin/sshd:openssh-server mpirun:openmpi-bin; do
    if ! command -v "${tool%:*}" >/dev/null; then
      echo "${tool%:*} is missing: install ${tool#*:}"
      return 1
    fi
  done
  if ! may_make_hosts 2>/dev/null; then
    echo "the kernel, or the container this runs in, refuses to make network namespaces"
    return 1
  fi
}

may_make_hosts() {
  local name=ganprobe-$$ result=0
  ip netns add "$name" || return
  {
    ip -n "$name" link add bridge type bridge && ip -n "$name" link add type veth \
      && ip netns exec "$name" unshare --uts --ipc --mount --pid --fork --mount-proc \
        mount -t tmpfs tmpfs /dev/shm
  } || result=1
  ip netns del "$name"
  return "$result"
}

# Keys and settings of ssh are made for these hosts alone.
configure_ssh() {
  local i
  ssh-keygen -q -t ed25519 -N '' -f "$folder/key"
  cat >"$folder/sshd_config" <<TEXT
HostKey $folder/key
AuthorizedKeysFile $folder/key.pub
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
PidFile none
TEXT
  cat >"$folder/ssh_config" <<TEXT
Host *
  IdentityFile $folder/key
  UserKnownHostsFile $folder/known_hosts
  GlobalKnownHostsFile /dev/null
  BatchMode yes
  ConnectTimeout 5
  LogLevel ERROR
TEXT
  echo "127.0.0.1 localhost" >"$folder/names"
  for i in "${!hosts[@]}"; do
    echo "10.99.17.$((i + 1)) ${hosts[i]}" >>"$folder/names"
    echo "${hosts[i]} slots=1" >>"$folder/hostfile"
    echo "${hosts[i]},10.99.17.$((i + 1)) $(cut -d' ' -f1,2 "$folder/key.pub")" \
      >>"$folder/known_hosts"
  done
}

# The switch is in a namespace of its own, so that this machine gets no new address or route, and
# another set of hosts may have the same ones.
connect_hosts() {
  local i
  ip netns add "$switch"
  ip -n "$switch" link add bridge type bridge
  ip -n "$switch" link set bridge up
  for i in "${!hosts[@]}"; do
    ip netns add "${hosts[i]}"
    ip -n "${hosts[i]}" link set lo up
    ip -n "$switch" link add "port$i" type veth peer name eth0 netns "${hosts[i]}"
    ip -n "$switch" link set "port$i" master bridge up
    ip -n "${hosts[i]}" address add "10.99.17.$((i + 1))/24" dev eth0
    ip -n "${hosts[i]}" link set eth0 up
    # The usual congestion control of Ethernet switches, not one that paces for the open internet.
    ip netns exec "${hosts[i]}" sysctl -qw net.ipv4.tcp_congestion_control=cubic 2>/dev/null \
      || ip netns exec "${hosts[i]}" sysctl -qw net.ipv4.tcp_congestion_control=reno
  done
}

# Open MPI tells hosts apart by name, so each has one. Its /run is its own where that lacks the
# folder that sshd wants there.
# shellcheck disable=SC2016
host_script='
  hostname "$1" && mount --bind "$2/names" /etc/hosts && mount -t tmpfs tmpfs /dev/shm \
    && mount --bind "$2/disks/$1" "$2/local" \
    && { [ -d /run/sshd ] || { mount -t tmpfs tmpfs /run && mkdir /run/sshd; }; } || exit
  exec /usr/sbin/sshd -D -e -f "$2/sshd_config"'

start_host() {
  mkdir -p "$folder/local" "$folder/disks/$1"
  ip netns exec "$1" unshare --uts --ipc --mount --pid --fork --mount-proc --kill-child=KILL \
    bash -c "$host_script" host "$1" "$folder" >"$folder/$1.log" 2>&1 &
  inits+=($!)
  disown # so that its end is not announced
}

start_hosts() {
  local i attempt
  switch=ganswitch-$$
  for ((i = 0; i < $1; i++)); do hosts+=("ganhost$i-$$"); done
  configure_ssh
  connect_hosts
  for i in "${!hosts[@]}"; do start_host "${hosts[i]}"; done
  for i in "${!hosts[@]}"; do
    for ((attempt = 0; ; attempt++)); do
      if on_host 0 ssh -F "$folder/ssh_config" "${hosts[i]}" true 2>/dev/null; then break; fi
      if [ "$attempt" -ge 100 ]; then
        echo "no ssh to ${hosts[i]}: $(cat "$folder/${hosts[i]}.log")" >&2
        return 1
      fi
      sleep 0.1
    done
  done
}

on_host() {
  local init
  init=$(pgrep -P "${inits[$1]}") || return
  shift
  nsenter -t "$init" --net --uts --ipc --mount --pid --wd="$PWD" -- "$@" </dev/null
}

cut_host() { ip -n "$switch" link set "port$1" down; }
join_host() { ip -n "$switch" link set "port$1" up; }

stop_hosts() {
  local pid host
  # The first process of a host takes all others with it.
  for pid in "${inits[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  sleep 0.2
  for host in "${hosts[@]}" "${switch-}"; do ip netns del "$host" 2>/dev/null || true; done
  hosts=() inits=()
}
