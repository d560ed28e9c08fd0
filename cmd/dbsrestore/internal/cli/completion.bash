# What the functions below need of the package bash-completion, where that is not
# installed: the words of the line up to the cursor.
if ! declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref() {
        local line=${COMP_LINE:0:$COMP_POINT}
        read -r -a words <<<"$line"
        if [[ $line == *[[:space:]] ]]; then words+=(""); fi
        cword=$((${#words[@]} - 1))
        cur=${words[$cword]}
        prev=${words[$cword - 1]}
    }
fi

