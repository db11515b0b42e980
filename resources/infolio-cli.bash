# Completes infolio-cli's commands, options and files in bash. The program itself is asked for its options.
_infolio_cli() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command= word
    local commands='read ask summarize search export library evaluate adapt'
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case " $commands " in *" $word "*) command=$word && break ;; esac
    done
    case $previous in
    --channel) mapfile -t COMPREPLY < <(compgen -W 'both gist evidence' -- "$current") && return ;;
    --format) mapfile -t COMPREPLY < <(compgen -W 'md html docx odt txt json' -- "$current") && return ;;
    --length) mapfile -t COMPREPLY < <(compgen -W 'short medium long' -- "$current") && return ;;
    --style) mapfile -t COMPREPLY < <(compgen -W 'prose points outline' -- "$current") && return ;;
    --what) mapfile -t COMPREPLY < <(compgen -W 'answers summaries text outline coverage all' -- "$current") && return ;;
    --mode) mapfile -t COMPREPLY < <(compgen -W 'infini-linear infini-delta local xl compressive knn full rmt autocompressor' -- "$current") && return ;;
    --part) mapfile -t COMPREPLY < <(compgen -W 'dev test all' -- "$current") && return ;;
    --method)
        local methods='stream increment'
        [ "$command" != adapt ] || methods='infini rmt autocompressor'
        mapfile -t COMPREPLY < <(compgen -W "$methods" -- "$current") && return
        ;;
    --stage) mapfile -t COMPREPLY < <(compgen -W 'all gates' -- "$current") && return ;;
    --progress) mapfile -t COMPREPLY < <(compgen -W 'auto plain never' -- "$current") && return ;;
    --color) mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$current") && return ;;
    esac
    if [[ $current == -* ]]; then
        local options
        options=$({ infolio-cli --help | sed -n '/^Common options/,/^$/p'; [ -z "$command" ] || infolio-cli "$command" -h; } 2>/dev/null |
            sed -nE 's/^  (-[-a-z]+) .*/\1/p')
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    elif [ -z "$command" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
    elif [ "$command" = library ] && [ "$previous" = library ]; then
        mapfile -t COMPREPLY < <(compgen -W 'list show snapshots verify remove restore purge collection' -- "$current")
    elif [ "$command" = evaluate ] && [ "$previous" = evaluate ]; then
        mapfile -t COMPREPLY < <(compgen -W 'passkey needle perplexity distance card cost all smoke report' -- "$current")
    else
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}
complete -F _infolio_cli infolio-cli
