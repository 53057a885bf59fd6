# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# Completion of prattlectl for bash. Printed by prattled --dump control-bash.

# The first words of what the daemon lists, as people may type them: "#" begins a
# comment in a shell, and the daemon does without.
_prattlectl_ask()
{
	"${COMP_WORDS[0]}" "${options[@]}" "$1" 2>/dev/null | sed 's/^#//; s/[* ].*//'
}

_prattlectl_commands='rooms who say help whois version uptime kick mute unmute ban unban bans wall lockdown status reload check log metrics events restart shutdown'

# What the first argument of a command can be.
_prattlectl_words()
{
	case $1 in
	lockdown) echo 'off mute closed claimed' ;;
	log) echo 'error warning notice info debug' ;;
	metrics) echo 'openmetrics prometheus' ;;
	shutdown) echo 'now in cancel' ;;
	whois|kick|mute|unmute|ban|unban) _prattlectl_ask who ;;
	who|say) _prattlectl_ask rooms ;;
	help) echo "$_prattlectl_commands" ;;
	esac
}

_prattlectl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} command='' words='' found i
	local -a options=()

	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-s|--socket)
			# --socket=SOCKET is three words here.
			[[ ${COMP_WORDS[++i]} != '=' ]] || ((++i))
			((i < COMP_CWORD)) || {
				cur=${cur#=}
				found=$(compgen -f -- "$cur") && mapfile -t COMPREPLY <<<"$found"
				return
			}
			options=(-s "${COMP_WORDS[i]}")
			;;
		-*) ;;
		*)
			command=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	if [[ -z $command && $cur == -* ]]; then
		words='-s --socket -j --json -y --yes -V --version -h --help'
	elif [[ -z $command ]]; then
		words=$_prattlectl_commands
	elif ((i + 1 == COMP_CWORD)); then
		words=$(_prattlectl_words "$command")
	fi
	found=$(compgen -W "$words" -- "$cur") && mapfile -t COMPREPLY <<<"$found"
}

complete -F _prattlectl prattlectl
