# SPDX-License-Identifier: GPL-2.0-only
#
# The table of tools/matrix, for a terminal, or with html=1 for a browser. Each
# line of the input is a result: kernel, group, version, id, status, verdict, reason;
# or a cell without results: kernel, group.
BEGIN { FS = "\t" }

function keep(list, n, what)	# list[1..n]; how many there are now
{
	if ((list, what) in seen)
		return n
	seen[list, what] = 1
	if (list == "kernel")
		kernel[n + 1] = what
	else if (list == "group")
		group[n + 1] = what
	else
		claim[n + 1] = what
	return n + 1
}

# fixture.variant.test: the claim is what all its variants say
function claim_of(id,	part, n)
{
	n = split(id, part, ".")
	return part[1] "." part[n]
}

{
	kernels = keep("kernel", kernels, $1)
	groups = keep("group", groups, $2)
}
NF < 4 { next }
{
	c = claim_of($4)
	claims = keep("claim", claims, c)
	version[$1] = $3
	count[$1, $2, $5 == "error" ? "failed" : $5]++
	ran[$1, $2]++
	verdict = $5 == "passed" ? "pass" : $5 == "skipped" ? "skip" : $6
	if (!(n_of[c, $1, verdict]++))
		said[c, $1] = said[c, $1] " " verdict
	if ($5 == "skipped" && !(skips[$1, $7]++)) {
		reason[$1, ++reasons[$1]] = $7
	}
}

function esc(text)
{
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	return text
}

function cell_text(k, g)
{
	if (!ran[k, g])
		return "no result"
	if (count[k, g, "untrusted"])
		return "untrusted"
	return sprintf("%d / %d / %d", count[k, g, "passed"], count[k, g, "failed"],
		       count[k, g, "skipped"])
}

function cell_class(k, g)
{
	if (!ran[k, g] || count[k, g, "untrusted"])
		return "none"
	return count[k, g, "failed"] ? "fail" : count[k, g, "passed"] ? "pass" : "skip"
}

# What all variants of a claim came to, with how many if that differs.
function outcome(c, k,	n, i, v, text)
{
	n = split(substr(said[c, k], 2), v, " ")
	if (!n)
		return "-"
	if (n == 1)
		return v[1]
	# the order in which they were met is not the same everywhere
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && v[j] < v[j - 1]; j--) {
			text = v[j]; v[j] = v[j - 1]; v[j - 1] = text
		}
	text = ""
	for (i = 1; i <= n; i++)
		text = text (i > 1 ? ", " : "") v[i] " " n_of[c, k, v[i]]
	return text
}

# Between kernels that have a result.
function changes(c,	i, first, now)
{
	for (i = 1; i <= kernels; i++) {
		now = outcome(c, kernel[i])
		if (now == "-")
			continue
		if (first != "" && now != first)
			return 1
		first = now
	}
	return 0
}

function row(head, what,	i)
{
	printf html ? "<tr><th>%s</th>" : "%-44s", html ? esc(head) : head
	for (i = 1; i <= kernels; i++)
		if (html)
			printf "<td class=%s>%s</td>", class[i], esc(text[i])
		else
			printf " %-*s", i < kernels ? width : 1, text[i]
	print html ? "</tr>" : ""
}

function title(name)
{
	if (html)
		printf "</table><h2>%s</h2><table>\n", name
	else
		printf "\n%s\n", name
}

END {
	width = 20
	for (c = 1; c <= claims; c++)
		for (i = 1; changes(claim[c]) && i <= kernels; i++)
			if (length(outcome(claim[c], kernel[i])) > width)
				width = length(outcome(claim[c], kernel[i]))
	# one claim with many outcomes should not make all columns wide
	if (width > 30)
		width = 30
	if (html)
		print "<!doctype html><meta charset=utf-8><title>daxwake matrix</title><style>" \
		      "body{font:14px sans-serif}td,th{padding:2px 10px;text-align:left}" \
		      ".fail{background:#fbb}.pass{background:#bfb}.skip{background:#eee}" \
		      ".none{background:#fe9}</style><h1>daxwake matrix</h1><table>"
	for (i = 1; i <= kernels; i++) {
		text[i] = kernel[i]
		class[i] = "name"
	}
	row("passed / failed / skipped")
	for (i = 1; i <= kernels; i++)
		text[i] = version[kernel[i]]
	row("")
	for (g = 1; g <= groups; g++) {
		for (i = 1; i <= kernels; i++) {
			text[i] = cell_text(kernel[i], group[g])
			class[i] = cell_class(kernel[i], group[g])
		}
		row(group[g])
	}
	title("Claims whose result is not the same on all of them")
	for (c = 1; c <= claims; c++) {
		if (!changes(claim[c]))
			continue
		for (i = 1; i <= kernels; i++) {
			text[i] = outcome(claim[c], kernel[i])
			class[i] = text[i] == "pass" || text[i] == "skip" ? text[i] : text[i] == "-" ? "none" : "fail"
		}
		row(claim[c])
	}
	title("Skipped, and why")
	for (i = 1; i <= kernels; i++)
		for (n = 1; n <= reasons[kernel[i]]; n++)
			printf html ? "<tr><th>%s</th><td>%d</td><td>%s</td></tr>\n" : "%-24s %4d  %s\n",
			       kernel[i], skips[kernel[i], reason[kernel[i], n]],
			       html ? esc(reason[kernel[i], n]) : reason[kernel[i], n]
	if (html)
		print "</table>"
}
